#include "tests/kernels/cuda/engine_harness.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/tensor/convert.h"
#include "kernels/cuda/cuda_engine.h"
#include "kernels/ref/reference_engine.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

std::vector<NamedTensor> copies(const std::vector<NamedTensor>& outputs) {
    std::vector<NamedTensor> made;
    for (const NamedTensor& output : outputs) made.push_back({output.name, output.tensor.clone().value()});
    return made;
}

bool sameBytes(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!std::ranges::equal(a[i].tensor.bytes(), b[i].tensor.bytes())) return false;
    return a.size() == b.size();
}

}  // namespace

std::shared_ptr<Tools> sharedTools() {
    static const std::shared_ptr<Tools> tools = [] {
        auto opened = openTools(0);
        if (!opened) ADD_FAILURE() << opened.error().text();
        return opened.value_or(nullptr);
    }();
    return tools;
}

EngineOutcome runOnCuda(const Graph& graph, const std::vector<NamedTensor>& inputs) {
    EngineOutcome outcome;
    const auto engine = makeCudaEngine(sharedTools());
    auto model = engine->compile(graph, {});
    if (!model) {
        ADD_FAILURE() << model.error().text();
        return outcome;
    }
    for (int run = 0; run < 3; ++run) {
        const auto outputs = (*model)->run(inputs);
        if (!outputs) {
            ADD_FAILURE() << "run " << run << ": " << outputs.error().text();
            return outcome;
        }
        if (run == 0)
            outcome.outputs = copies(*outputs);
        else
            EXPECT_TRUE(sameBytes(outcome.outputs, *outputs)) << "run " << run << " differs from the first";
    }
    outcome.layers = (*model)->layers();
    return outcome;
}

std::vector<NamedTensor> runOnReference(const Graph& graph, const std::vector<NamedTensor>& inputs) {
    const auto engine = ref::makeReferenceEngine();
    auto model = engine->compile(graph, {});
    if (!model) {
        ADD_FAILURE() << model.error().text();
        return {};
    }
    const auto outputs = (*model)->run(inputs);
    if (!outputs) {
        ADD_FAILURE() << outputs.error().text();
        return {};
    }
    return copies(*outputs);
}

void expectClose(const std::vector<NamedTensor>& actual, const std::vector<NamedTensor>& expected, double tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
        const Tensor& a = actual[i].tensor;
        const Tensor& e = expected[i].tensor;
        ASSERT_EQ(a.type(), e.type()) << actual[i].name;
        ASSERT_EQ(a.shape(), e.shape()) << actual[i].name;
        if (!tensor::isFloatingPoint(a.type())) {
            EXPECT_TRUE(std::ranges::equal(a.bytes(), e.bytes())) << actual[i].name;
            continue;
        }
        const std::vector<float> wanted = tensor::toFloats(e);
        const double error = relativeError(tensor::toFloats(a), {wanted.begin(), wanted.end()});
        EXPECT_LE(error, tolerance) << actual[i].name;
    }
}

std::vector<trace::LayerRecord> expectLikeReference(const Graph& graph, const std::vector<NamedTensor>& inputs, double tolerance) {
    const EngineOutcome outcome = runOnCuda(graph, inputs);
    expectClose(outcome.outputs, runOnReference(graph, inputs), tolerance);
    return outcome.layers;
}

trace::LayerRecord layerOf(const std::vector<trace::LayerRecord>& layers, const std::string& op) {
    for (const trace::LayerRecord& layer : layers)
        if (layer.op == op) return layer;
    ADD_FAILURE() << "no layer " << op;
    return {};
}

}  // namespace trimtab::cuda
