#include "tests/app/cli/tiny_study.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include "core/base/random.h"
#include "core/formats/numpy/npy.h"
#include "tests/support/model_builder.h"

namespace trimtab::testing_cli {
namespace {

constexpr int kInputs = 8;
constexpr int kHidden = 16;
constexpr int kClasses = 4;

std::vector<float> drawn(base::Random& random, int count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
}

struct Network {
    std::vector<float> first, bias, second;

    std::int64_t classOf(const float* x) const {
        std::vector<float> scores(kClasses, 0);
        for (int h = 0; h < kHidden; ++h) {
            float sum = bias[static_cast<std::size_t>(h)];
            for (int i = 0; i < kInputs; ++i) sum += x[i] * first[static_cast<std::size_t>(i * kHidden + h)];
            for (int c = 0; c < kClasses; ++c)
                scores[static_cast<std::size_t>(c)] += std::max(sum, 0.0f) * second[static_cast<std::size_t>(h * kClasses + c)];
        }
        return std::max_element(scores.begin(), scores.end()) - scores.begin();
    }
};

void writeModel(const Network& network, const std::string& path) {
    support::ModelBuilder()
        .input("x", DataType::Float32, {"batch", kInputs})
        .constant("first", Tensor::fromFloats({kInputs, kHidden}, network.first))
        .constant("bias", Tensor::fromFloats({kHidden}, network.bias))
        .constant("second", Tensor::fromFloats({kHidden, kClasses}, network.second))
        .node("MatMul", {"x", "first"}, {"product"}, {}, "hidden")
        .node("Add", {"product", "bias"}, {"sum"}, {}, "shift")
        .node("Relu", {"sum"}, {"active"}, {}, "active")
        .node("MatMul", {"active", "second"}, {"logits"}, {}, "head")
        .output("logits", DataType::Float32, {"batch", kClasses})
        .save(path);
}

void writeData(const Network& network, base::Random& random, const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    const std::vector<float> x = drawn(random, TinyStudy::kSamples * kInputs);
    std::vector<std::int64_t> labels;
    for (int i = 0; i < TinyStudy::kSamples; ++i) {
        const std::int64_t label = network.classOf(x.data() + i * kInputs);
        labels.push_back(i % 10 == 0 ? (label + 1) % kClasses : label);
    }
    (void)formats::numpy::writeNpy(folder / "x.npy", Tensor::fromFloats({TinyStudy::kSamples, kInputs}, x));
    (void)formats::numpy::writeNpy(folder / "labels.npy", Tensor::fromInt64s({TinyStudy::kSamples}, labels));
    std::ofstream(folder / "dataset.json") << R"({"format": "trimtab-dataset", "version": 1, "name": "tiny", "task": "classification",
        "inputs": {"x": {"file": "x.npy"}}, "target": {"file": "labels.npy"}, "metric": "top1"})";
}

}  // namespace

TinyStudy::TinyStudy() : m_folder(base::TemporaryFolder::create("trimtab-tiny").value()) {
    base::Random random(3);
    const Network network{drawn(random, kInputs * kHidden), drawn(random, kHidden), drawn(random, kHidden * kClasses)};
    writeModel(network, model());
    writeData(network, random, data());
}

std::string TinyStudy::write(const std::string& name, const std::string& text) const {
    std::ofstream(at(name)) << text;
    return at(name);
}

}  // namespace trimtab::testing_cli
