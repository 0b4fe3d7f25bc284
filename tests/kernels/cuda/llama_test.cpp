// A small Llama-shaped decoder on engine cuda against the reference engine: prompts and steps, caches included.
#include <gtest/gtest.h>

#include "core/compress/compress.h"
#include "tests/kernels/cuda/engine_harness.h"
#include "tests/support/llama_shape.h"

namespace trimtab::cuda {
namespace {

using support::LlamaOptions;
using support::LlamaShape;
using support::LlamaStep;

std::vector<trace::LayerRecord> expectStep(const LlamaStep& step, const LlamaOptions& options, double tolerance,
                                           const std::string& recipeText = "{}") {
    const auto weights = support::drawLlama(LlamaShape::tiny(), options).value();
    const auto compressed = compress::compress(support::llamaGraph(weights, step).value(), recipe::parse(recipeText).value()).value();
    return expectLikeReference(compressed.graph, support::llamaInputs(weights, step).value(), tolerance);
}

void expectOnTheDevice(const std::vector<trace::LayerRecord>& layers) {
    for (const trace::LayerRecord& layer : layers)
        EXPECT_NE(layer.kernel, "reference on the host") << layer.node << " " << layer.op << ": " << layer.reason;
}

TEST(CudaLlama, PromptsAndStepsAgree) {
    for (const DataType type : {DataType::Float32, DataType::BFloat16, DataType::Float16}) {
        for (const bool packed : {false, true}) {
            SCOPED_TRACE(std::string(tensor::name(type)) + (packed ? ", packed" : ""));
            LlamaOptions options;
            options.type = type;
            options.packedQkv = packed;
            const double tolerance = type == DataType::Float32 ? 1e-4 : 3e-2;
            expectOnTheDevice(expectStep({1, 9, 0, 0}, options, tolerance));
            expectOnTheDevice(expectStep({2, 1, 7, 16}, options, tolerance));
            expectOnTheDevice(expectStep({1, 3, 5, 5}, options, tolerance));
        }
    }
}

TEST(CudaLlama, CompressedStepsAgree) {
    LlamaOptions options;
    options.packedQkv = true;
    for (const char* recipe : {R"({"weights": {"bits": 8}, "compute": "bf16"})",
                               R"({"weights": {"bits": 4, "group": 32}, "compute": "bf16"})", R"({"weights": {"bits": 4, "group": 32}})"}) {
        SCOPED_TRACE(recipe);
        options.type = DataType::Float32;
        expectOnTheDevice(expectStep({1, 1, 7, 16}, options, 3e-2, recipe));
        options.type = DataType::BFloat16;
        expectOnTheDevice(expectStep({1, 1, 7, 16}, options, 3e-2, recipe));
    }
}

}  // namespace
}  // namespace trimtab::cuda
