// Both samples whole on engine cuda over the emulator, against the CPU engine.
#include <gtest/gtest.h>

#include "core/compress/compress.h"
#include "core/formats/onnx/reader.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/inputs.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/cuda/cuda_engine.h"
#include "kernels/ref/reference.h"
#include "tests/kernels/cuda/engine_harness.h"

namespace trimtab::cuda {
namespace {

Graph sample(const std::string& name) {
    auto read = formats::onnx::read(std::string(TRIMTAB_SOURCE_DIR) + "/resources/samples/" + name + "/" + name + ".onnx").value();
    EXPECT_TRUE(graph::inferShapes(read.graph));
    ref::ReferenceEvaluator evaluator;
    EXPECT_TRUE(graph::simplify(read.graph, evaluator));
    return std::move(read.graph);
}

void expectLikeCpu(const Graph& graph, const std::string& recipeText, double tolerance) {
    SCOPED_TRACE(recipeText);
    const auto compressed = compress::compress(graph, recipe::parse(recipeText).value()).value();
    recipe::RunSetting setting;
    setting.batch = 1;
    for (const std::string& symbol : graph::openSymbols(graph))
        if (symbol != "batch") setting.symbols[symbol] = 12;
    const auto inputs = runtime::makeInputs(compressed.graph, setting).value();
    auto model = cpu::makeCpuEngine(2)->compile(compressed.graph, {}).value();
    std::vector<NamedTensor> wanted;
    const auto outputs = model->run(inputs).value();
    for (const NamedTensor& output : outputs) wanted.push_back({output.name, output.tensor.clone().value()});
    const EngineOutcome got = runOnCuda(compressed.graph, inputs);
    expectClose(got.outputs, wanted, tolerance);
    for (const trace::LayerRecord& layer : got.layers)
        EXPECT_NE(layer.kernel, "reference on the host") << layer.node << " " << layer.op << ": " << layer.reason;
}

TEST(CudaSamples, TheClassifierAgreesWithTheCpuEngine) {
    const Graph graph = sample("classifier");
    expectLikeCpu(graph, "{}", 1e-4);
    expectLikeCpu(graph, R"({"compute": "bf16"})", 3e-2);
    expectLikeCpu(graph, R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8"})", 3e-2);
}

TEST(CudaSamples, TheLanguageModelAgreesWithTheCpuEngine) {
    const Graph graph = sample("language");
    expectLikeCpu(graph, "{}", 1e-4);
    expectLikeCpu(graph, R"({"compute": "bf16"})", 3e-2);
    expectLikeCpu(graph, R"({"weights": {"bits": 4, "group": 32}})", 1e-4);
    expectLikeCpu(graph, R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8"})", 3e-2);
}

}  // namespace
}  // namespace trimtab::cuda
