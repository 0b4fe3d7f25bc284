// Both samples whole on engine cuda over the emulator, against the CPU engine.
#include <gtest/gtest.h>

#include <set>

#include "core/formats/onnx/reader.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/inputs.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/cuda/cuda_engine.h"
#include "kernels/ref/reference.h"
#include "tests/kernels/cuda/engine_harness.h"
#include "tests/kernels/cuda/families.h"

namespace trimtab::cuda {
namespace {

Graph sample(const std::string& name) {
    auto read = formats::onnx::read(std::string(TRIMTAB_SOURCE_DIR) + "/resources/samples/" + name + "/" + name + ".onnx").value();
    EXPECT_TRUE(graph::inferShapes(read.graph));
    ref::ReferenceEvaluator evaluator;
    EXPECT_TRUE(graph::simplify(read.graph, evaluator));
    return std::move(read.graph);
}

Tensor onCpu(const Graph& graph, const std::vector<NamedTensor>& inputs) {
    const auto model = cpu::makeCpuEngine(2)->compile(graph, {}).value();
    return model->run(inputs).value().front().tensor.clone().value();
}

/// Layers of what the GPU has no kernel for run on the host, imitated and said; of these families none does.
const std::set<std::string> kOnTheGpu{"as is", "bf16", "int8 weights", "int4 weights", "int8", "pruned 50 %"};

/// Families that don't fit the model (heads of a network without attention) are left out; returns those that ran.
std::set<std::string> expectLikeCpu(const std::string& name, const std::vector<Family>& families) {
    const Graph graph = sample(name);
    recipe::RunSetting setting;
    setting.batch = 1;
    for (const std::string& symbol : graph::openSymbols(graph))
        if (symbol != "batch") setting.symbols[symbol] = 12;
    const auto inputs = runtime::makeInputs(graph, setting).value();
    const Tensor untreated = onCpu(graph, inputs);
    std::set<std::string> ran;
    for (const Family& family : families) {
        SCOPED_TRACE(name + ", " + family.name);
        const auto recipe = recipe::parse(family.recipe).value();
        const auto compressed = compressWith(graph, recipe, inputs);
        if (!compressed) {
            EXPECT_EQ(compressed.error().code, ErrorCode::Refused) << compressed.error().text();
            continue;
        }
        const Tensor wanted = onCpu(*compressed, inputs);
        const EngineOutcome got = runOnCuda(*compressed, inputs);
        const double allowed = isCoarse(recipe) ? std::max(toleranceOf(recipe), relativeError(wanted, untreated)) : toleranceOf(recipe);
        EXPECT_LE(relativeError(got.outputs.front().tensor, wanted), allowed);
        for (const trace::LayerRecord& layer : got.layers) {
            if (layer.kernel != "reference on the host") continue;
            EXPECT_FALSE(kOnTheGpu.contains(family.name)) << layer.node << " " << layer.op << ": " << layer.reason;
            EXPECT_FALSE(layer.reason.empty()) << layer.node;
        }
        ran.insert(family.name);
    }
    return ran;
}

std::vector<Family> some(const std::set<std::string>& names) {
    std::vector<Family> chosen;
    for (const Family& family : families())
        if (names.contains(family.name)) chosen.push_back(family);
    EXPECT_EQ(chosen.size(), names.size());
    return chosen;
}

TEST(CudaSamples, TheClassifierAgreesWithTheCpuEngine) {
    const std::set<std::string> names{"as is", "bf16", "int8", "int8, static", "pruned 2:4", "fewer channels, bf16"};
    EXPECT_EQ(expectLikeCpu("classifier", some(names)), names);
}

TEST(CudaSamples, TheLanguageModelAgreesWithTheCpuEngine) {
    const std::set<std::string> names{"as is", "bf16", "int4 weights", "int8"};
    EXPECT_EQ(expectLikeCpu("language", some(names)), names);
}

// Minutes: tests/run.sh cuda.
TEST(CudaSamples, DISABLED_BothAgreeWithTheCpuEngineUnderEveryFamilyOfRecipes) {
    std::set<std::string> ran = expectLikeCpu("classifier", families());
    ran.merge(expectLikeCpu("language", families()));
    for (const Family& family : families()) EXPECT_TRUE(ran.contains(family.name)) << family.name;
}

}  // namespace
}  // namespace trimtab::cuda
