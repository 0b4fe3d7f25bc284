#include "tests/kernels/cpu/harness.h"

#include <cmath>
#include <cstring>

#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference_engine.h"

namespace trimtab::test {
namespace {

std::vector<NamedTensor> cloned(const std::vector<NamedTensor>& tensors) {
    std::vector<NamedTensor> copies;
    for (const auto& named : tensors) copies.push_back({named.name, named.tensor.clone().value()});
    return copies;
}

bool sameBytes(const Tensor& a, const Tensor& b) {
    return a.bytes().size() == b.bytes().size() &&
           (a.bytes().empty() || std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0);
}

void expectFloatsClose(const NamedTensor& actual, const Tensor& expected, Tolerance tolerance) {
    const auto left = tensor::toFloats(actual.tensor);
    const auto right = tensor::toFloats(expected);
    double largest = 0;
    for (const float value : right) {
        if (std::isfinite(value)) largest = std::max(largest, static_cast<double>(std::abs(value)));
    }
    const double allowed = tolerance.absolute + tolerance.relative * largest;
    for (std::size_t i = 0; i < right.size(); ++i) {
        const bool same = left[i] == right[i] || (std::isnan(left[i]) && std::isnan(right[i]));
        if (same) continue;
        ASSERT_LE(std::abs(static_cast<double>(left[i]) - static_cast<double>(right[i])), allowed)
            << actual.name << " " << expected.shape().text() << ", element " << i << ": " << left[i] << " instead of " << right[i];
    }
}

}  // namespace

Outcome runOnCpu(const Graph& graph, const std::vector<NamedTensor>& inputs, int threads) {
    Outcome outcome;
    auto model = cpu::makeCpuEngine(threads)->compile(graph, {});
    if (!model) {
        ADD_FAILURE() << model.error().text();
        return outcome;
    }
    auto first = (*model)->run(inputs);
    if (!first) {
        ADD_FAILURE() << first.error().text();
        return outcome;
    }
    outcome.outputs = cloned(*first);
    auto again = (*model)->run(inputs);
    if (!again) {
        ADD_FAILURE() << again.error().text();
        return outcome;
    }
    for (std::size_t i = 0; i < again->size(); ++i) {
        EXPECT_TRUE(sameBytes((*again)[i].tensor, outcome.outputs[i].tensor)) << "a replay gave another " << (*again)[i].name;
    }
    outcome.layers = (*model)->layers();
    return outcome;
}

std::vector<NamedTensor> runOnReference(const Graph& graph, const std::vector<NamedTensor>& inputs) {
    auto model = ref::makeReferenceEngine()->compile(graph, {});
    if (!model) {
        ADD_FAILURE() << model.error().text();
        return {};
    }
    auto outputs = (*model)->run(inputs);
    if (!outputs) {
        ADD_FAILURE() << outputs.error().text();
        return {};
    }
    return cloned(*outputs);
}

void expectClose(const std::vector<NamedTensor>& actual, const std::vector<NamedTensor>& expected, Tolerance tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
        ASSERT_EQ(actual[i].name, expected[i].name);
        ASSERT_EQ(actual[i].tensor.type(), expected[i].tensor.type());
        ASSERT_EQ(actual[i].tensor.shape(), expected[i].tensor.shape());
        if (tensor::isFloatingPoint(expected[i].tensor.type())) {
            expectFloatsClose(actual[i], expected[i].tensor, tolerance);
        } else {
            EXPECT_TRUE(sameBytes(actual[i].tensor, expected[i].tensor)) << actual[i].name;
        }
    }
}

std::vector<trace::LayerRecord> expectLikeReference(const Graph& graph, const std::vector<NamedTensor>& inputs, Tolerance tolerance) {
    const Outcome outcome = runOnCpu(graph, inputs);
    const auto expected = runOnReference(graph, inputs);
    expectClose(outcome.outputs, expected, tolerance);
    return outcome.layers;
}

trace::LayerRecord layerOf(const std::vector<trace::LayerRecord>& layers, const std::string& op) {
    for (const auto& layer : layers) {
        if (layer.op == op) return layer;
    }
    ADD_FAILURE() << "no layer runs " << op;
    return {};
}

}  // namespace trimtab::test
