// A small Llama-shaped decoder on engine cuda against the reference engine: prompts and steps, caches included.
#include <gtest/gtest.h>

#include <algorithm>

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

/// The records of the first layer's gated unit, by the ends of their names.
struct UnitRecords {
    trace::LayerRecord gate, up, silu, result;
};
UnitRecords unitOf(const std::vector<trace::LayerRecord>& layers) {
    const auto find = [&](const std::string& name) {
        const auto found = std::ranges::find_if(layers, [&](const auto& layer) {
            return std::ranges::any_of(layer.origins, [&](const std::string& origin) { return origin == "/model/layers.0/mlp/" + name; });
        });
        if (found == layers.end()) ADD_FAILURE() << "no layer of " << name;
        return found == layers.end() ? trace::LayerRecord{} : *found;
    };
    return {find("gate_proj/MatMul"), find("up_proj/MatMul"), find("act_fn/Sigmoid"), find("Mul")};
}

TEST(CudaLlama, GateAndUpOfFewRowsAreOneKernel) {
    LlamaOptions options;
    struct Case {
        const char* recipe;
        std::string kernel, format;
        int bits;
    };
    for (const Case& each : {Case{R"({"weights": {"bits": 8}})", "gated few rows int8 bf16", "int8", 8},
                             Case{R"({"weights": {"bits": 4, "group": 32}})", "gated few rows int4 bf16", "int4", 4},
                             Case{R"({"weights": {"bits": 4, "group": 64, "scheme": "asymmetric"}})", "gated few rows int4 bf16", "", 4}})
        for (const std::int64_t tokens : {1, 7}) {
            SCOPED_TRACE(each.recipe);
            const UnitRecords unit = unitOf(expectStep({2, tokens, 7, 16}, options, 3e-2, each.recipe));
            EXPECT_EQ(unit.gate.kernel, each.kernel);
            const std::string within = "in the kernel of " + unit.gate.node;
            EXPECT_EQ(unit.up.kernel, within);
            EXPECT_EQ(unit.silu.kernel, within);
            EXPECT_EQ(unit.result.kernel, within);
            EXPECT_EQ(unit.up.weightBytes, unit.gate.weightBytes);
            EXPECT_GT(unit.up.weightBytes, 0);
            for (const auto* record : {&unit.gate, &unit.up}) {
                EXPECT_EQ(record->execution, trace::Execution::Native);
                EXPECT_EQ(record->weightBits, each.bits);
                EXPECT_GT(record->operations, 0);
            }
        }
}

TEST(CudaLlama, GateAndUpStayApartWhereOneKernelDoesNotServe) {
    LlamaOptions options;
    const auto expectApart = [&](const LlamaStep& step, const std::string& recipe) {
        SCOPED_TRACE(recipe);
        const UnitRecords unit = unitOf(expectStep(step, options, 3e-2, recipe));
        EXPECT_FALSE(unit.gate.kernel.starts_with("gated")) << unit.gate.kernel;
        EXPECT_FALSE(unit.up.kernel.starts_with("in the kernel of")) << unit.up.kernel;
        EXPECT_EQ(unit.silu.kernel, "in the pass of its reader");
        EXPECT_EQ(unit.result.kernel, "element-wise pass");
    };
    const std::string four = R"({"weights": {"bits": 4, "group": 32}})";
    expectApart({1, 17, 0, 0}, four);  // too many rows
    // Groups that tensor cores do not take, and weights of two formats.
    expectApart({1, 1, 7, 16}, R"({"weights": {"bits": 4, "group": 16}})");
    expectApart({1, 1, 7, 16}, R"({"weights": {"bits": 4, "group": 32},
                                   "rules": [{"match": {"name": "*up_proj*"}, "weights": {"bits": 8}}]})");
    options.type = DataType::Float32;
    expectApart({1, 1, 7, 16}, four);
}

/// Which of the two serves is measured; the records agree either way.
TEST(CudaLlama, DenseGateAndUpAreOneKernelOrNone) {
    LlamaOptions options;
    const UnitRecords unit = unitOf(expectStep({1, 1, 7, 16}, options, 3e-2));
    const bool gated = unit.gate.kernel == "gated few rows bf16";
    EXPECT_EQ(unit.up.kernel == "in the kernel of " + unit.gate.node, gated) << unit.up.kernel;
    EXPECT_EQ(unit.result.kernel == "in the kernel of " + unit.gate.node, gated) << unit.result.kernel;
}

/// Constant caches are never written over: a second run starts from what the first one started from.
TEST(CudaLlama, AStepThatHoldsItsContextAgrees) {
    LlamaOptions options;
    options.type = DataType::BFloat16;
    options.packedQkv = true;
    const auto weights = support::drawLlama(LlamaShape::tiny(), options).value();
    const LlamaStep step{1, 1, 15, 16};
    const auto inputs = support::llamaInputs(weights, step).value();
    const auto ids = std::find_if(inputs.begin(), inputs.end(), [](const NamedTensor& input) { return input.name == "input_ids"; });
    for (const char* recipe : {"{}", R"({"weights": {"bits": 8, "group": 32}, "compute": "bf16"})",
                               R"({"weights": {"bits": 4, "group": 32}, "compute": "bf16"})"}) {
        SCOPED_TRACE(recipe);
        const auto graph = support::llamaGraphWithContext(weights, step).value();
        const auto compressed = compress::compress(graph, recipe::parse(recipe).value()).value();
        expectOnTheDevice(expectLikeReference(compressed.graph, {*ids}, 3e-2));
    }
}

}  // namespace
}  // namespace trimtab::cuda
