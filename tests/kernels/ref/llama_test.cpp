// A Llama-shaped decoder on the reference engine: what is read at once and what is read token by token must be the same.
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/file.h"
#include "core/formats/onnx/reader.h"
#include "core/graph/cost.h"
#include "core/graph/shape_inference.h"
#include "core/recipe/recipe.h"
#include "core/tensor/convert.h"
#include "kernels/ref/reference_engine.h"
#include "tests/support/llama_shape.h"

namespace trimtab::ref::testing {
namespace {

using support::LlamaLengths;
using support::LlamaOptions;
using support::LlamaShape;
using support::LlamaStep;
using support::LlamaWeights;
using tensor::toFloats;

std::vector<NamedTensor> run(const Graph& graph, const std::vector<NamedTensor>& inputs) {
    const auto model = makeReferenceEngine()->compile(graph, {});
    EXPECT_TRUE(model) << model.error().text();
    const auto outputs = (*model)->run(inputs);
    EXPECT_TRUE(outputs) << outputs.error().text();
    return *outputs;
}

std::vector<NamedTensor> run(const LlamaWeights& weights, const LlamaStep& step, const std::vector<NamedTensor>& inputs) {
    const auto graph = llamaGraph(weights, step);
    EXPECT_TRUE(graph) << graph.error().text();
    return run(*graph, inputs);
}

LlamaWeights draw(const LlamaOptions& options, LlamaShape shape = LlamaShape::tiny()) { return *drawLlama(shape, options); }

const Tensor& named(const std::vector<NamedTensor>& tensors, const std::string& name) {
    for (const NamedTensor& each : tensors)
        if (each.name == name) return each.tensor;
    throw std::out_of_range(name);
}

/// The outputs of a step as inputs of the next: caches take the names of past ones.
std::vector<NamedTensor> nextInputs(const std::vector<NamedTensor>& outputs, std::int64_t batch, const std::vector<std::int64_t>& ids) {
    std::vector<NamedTensor> inputs{{"input_ids", Tensor::fromInt64s(Shape{batch, static_cast<std::int64_t>(ids.size()) / batch}, ids)}};
    for (std::size_t i = 1; i < outputs.size(); ++i) inputs.push_back({"past_key_values" + outputs[i].name.substr(7), outputs[i].tensor});
    return inputs;
}

double largestDifference(const std::vector<float>& a, const std::vector<float>& b) {
    EXPECT_EQ(a.size(), b.size());
    double worst = 0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) worst = std::max(worst, std::fabs(double{a[i]} - b[i]));
    return worst;
}

/// Prompt of `tokens` at once against one token after the other, with caches of `capacity` rows (0: caches that grow).
void expectPromptEqualsSteps(DataType type, std::int64_t batch, std::int64_t tokens, std::int64_t capacity, double tolerance) {
    const LlamaWeights weights = draw({.type = type});
    const LlamaStep prompt{.batch = batch, .newTokens = tokens, .capacity = capacity};
    const auto promptInputs = *llamaInputs(weights, prompt, 3);
    const auto whole = run(weights, prompt, promptInputs);
    const auto ids = tensor::toInt64s(named(promptInputs, "input_ids"));
    const auto logits = toFloats(whole[0].tensor);
    const std::int64_t vocabulary = weights.shape.vocabulary;

    std::vector<NamedTensor> outputs;
    for (std::int64_t t = 0; t < tokens; ++t) {
        const LlamaStep step{.batch = batch, .newTokens = 1, .past = t, .capacity = capacity > 0 ? capacity : t};
        std::vector<std::int64_t> column;
        for (std::int64_t b = 0; b < batch; ++b) column.push_back(ids[static_cast<std::size_t>(b * tokens + t)]);
        auto inputs = nextInputs(outputs, batch, column);
        if (t == 0) {
            inputs = *llamaInputs(weights, step, 3);
            for (NamedTensor& input : inputs)
                if (input.name == "input_ids") input.tensor = Tensor::fromInt64s(Shape{batch, 1}, column);
        }
        outputs = run(weights, step, inputs);
        const auto one = toFloats(outputs[0].tensor);
        for (std::int64_t b = 0; b < batch; ++b) {
            const auto from = logits.begin() + (b * tokens + t) * vocabulary;
            EXPECT_LE(largestDifference({one.begin() + b * vocabulary, one.begin() + (b + 1) * vocabulary}, {from, from + vocabulary}),
                      tolerance)
                << t;
        }
    }
    ASSERT_EQ(outputs.size(), whole.size());
    for (std::size_t i = 1; i < whole.size(); ++i) {
        EXPECT_EQ(outputs[i].tensor.shape(), whole[i].tensor.shape());
        EXPECT_LE(largestDifference(toFloats(outputs[i].tensor), toFloats(whole[i].tensor)), tolerance) << whole[i].name;
    }
}

TEST(LlamaShape, APromptEqualsItsTokensOneByOne) {
    expectPromptEqualsSteps(DataType::Float32, 1, 7, 0, 1e-5);
    expectPromptEqualsSteps(DataType::Float32, 2, 5, 8, 1e-5);
    expectPromptEqualsSteps(DataType::BFloat16, 1, 4, 6, 0.05);
    expectPromptEqualsSteps(DataType::Float16, 1, 4, 0, 0.01);
}

TEST(LlamaShape, LogitsAreOfTheSizeOfUnityAndDependOnThePast) {
    const LlamaWeights weights = draw({.type = DataType::Float32});
    const LlamaStep step{.newTokens = 2, .past = 5, .capacity = 9};
    const auto inputs = *llamaInputs(weights, step, 3);
    const auto first = toFloats(run(weights, step, inputs)[0].tensor);
    double squares = 0;
    for (const float value : first) squares += double{value} * value;
    EXPECT_GT(std::sqrt(squares / static_cast<double>(first.size())), 0.3);
    EXPECT_LT(std::sqrt(squares / static_cast<double>(first.size())), 3);
    const auto logitsWithChangedRow = [&](std::size_t row) {
        auto changed = inputs;
        for (NamedTensor& input : changed) {
            if (input.name != "past_key_values.0.value") continue;
            input.tensor = *input.tensor.clone();
            input.tensor.mutableData<float>()[row * 16] += 1;
        }
        return toFloats(run(weights, step, changed)[0].tensor);
    };
    EXPECT_NE(logitsWithChangedRow(4), first) << "a valid row of the cache";
    EXPECT_EQ(logitsWithChangedRow(8), first) << "a row behind the valid ones";
}

TEST(LlamaShape, PackedProductsAndCountedMasksChangeNothing) {
    const LlamaStep step{.batch = 2, .newTokens = 2, .past = 3, .capacity = 6};
    const LlamaWeights plain = draw({.type = DataType::Float32});
    const auto expected = run(plain, step, *llamaInputs(plain, step));
    const LlamaWeights packed = draw({.type = DataType::Float32, .packedQkv = true});
    EXPECT_EQ(packed.bytes(), plain.bytes());
    const LlamaWeights masked = draw({.type = DataType::Float32, .lengths = LlamaLengths::FromMask});
    for (const LlamaWeights* weights : {&packed, &masked}) {
        const auto outputs = run(*weights, step, *llamaInputs(*weights, step));
        ASSERT_EQ(outputs.size(), expected.size());
        for (std::size_t i = 0; i < outputs.size(); ++i)
            EXPECT_EQ(toFloats(outputs[i].tensor), toFloats(expected[i].tensor)) << outputs[i].name;
    }
}

TEST(LlamaShape, EveryShapeOfAStepIsKnownBeforehand) {
    for (const LlamaLengths lengths : {LlamaLengths::Constant, LlamaLengths::FromMask}) {
        const LlamaWeights weights = draw({.lengths = lengths});
        const auto graph = llamaGraph(weights, {.newTokens = 1, .past = 3, .capacity = 6});
        ASSERT_TRUE(graph) << graph.error().text();
        for (const graph::Node& node : graph->nodes) {
            EXPECT_TRUE(graph::costOf(*graph, node)) << node.name;
            for (const graph::ValueId id : node.outputs) EXPECT_TRUE(id == graph::kNoValue || graph->value(id).type.shape()) << node.name;
        }
        EXPECT_EQ(graph->value(graph->outputs[1]).type.text(), "bfloat16[1, 2, 6, 16]");
        EXPECT_EQ(recipe::blockIndex(graph->nodes.back()), std::nullopt);
    }
    EXPECT_FALSE(llamaGraph(draw({}), {.past = 3, .capacity = 2}));
    EXPECT_FALSE(drawLlama(LlamaShape::tiny(), {.type = DataType::Float64}));
}

TEST(LlamaShape, WeightsHaveTheDeviationTheirLengthAsksForAndTheHeadIsTheEmbedding) {
    const LlamaWeights weights = draw({.type = DataType::Float32});
    const auto deviation = [](const Tensor& tensor) {
        double sum = 0, squares = 0;
        for (const float value : tensor.data<float>()) sum += value, squares += double{value} * value;
        const auto count = static_cast<double>(tensor.elementCount());
        EXPECT_LT(std::fabs(sum / count), 0.05 * std::sqrt(squares / count));
        return std::sqrt(squares / count);
    };
    EXPECT_NEAR(deviation(weights.layers[0].gate), 1 / std::sqrt(64.0), 0.01 / std::sqrt(64.0) * 3);
    EXPECT_NEAR(deviation(weights.layers[1].down), 1 / std::sqrt(96.0 * 4), 0.03 / std::sqrt(96.0 * 4));
    EXPECT_NE(toFloats(weights.layers[0].gate), toFloats(weights.layers[1].gate));
    EXPECT_NE(toFloats(weights.layers[0].gate), toFloats(weights.layers[0].up));
    const auto embedding = weights.embedding.data<float>(), head = weights.head.data<float>();
    for (std::size_t v = 0; v < 101; ++v)
        for (std::size_t h = 0; h < 64; ++h) ASSERT_EQ(head[h * 101 + v], embedding[v * 64 + h]);
    LlamaShape apart = LlamaShape::tiny();
    apart.tied = false;
    EXPECT_NE(toFloats(draw({.type = DataType::Float32}, apart).head), toFloats(weights.head));
    EXPECT_NE(toFloats(draw({.type = DataType::Float32, .seed = 2}).embedding), toFloats(weights.embedding));
}

TEST(LlamaShape, TheNamedShapesHaveTheirParameters) {
    const auto parameters = [](const LlamaShape& s) {
        const std::int64_t attention = s.hidden * s.headSize * (2 * s.heads + 2 * s.kvHeads), unit = 3 * s.hidden * s.intermediate;
        return s.layers * (attention + unit + 2 * s.hidden) + s.hidden + (s.tied ? 1 : 2) * s.vocabulary * s.hidden;
    };
    EXPECT_EQ(parameters(LlamaShape::llama32_1b()), 1235814400);  // as published
    EXPECT_EQ(parameters(LlamaShape::llama31_8b()), 8030261248);
    const LlamaWeights weights = draw({.type = DataType::Float32});
    EXPECT_EQ(weights.bytes(), 4 * (parameters(LlamaShape::tiny()) + 101 * 64));
    EXPECT_EQ(weights.bytesRead(), 4 * parameters(LlamaShape::tiny()));
}

TEST(LlamaShape, AWrittenFileReadsBackAndRunsAtAnyLength) {
    const auto folder = base::TemporaryFolder::create("llama");
    ASSERT_TRUE(folder);
    const LlamaWeights weights = draw({.type = DataType::Float16, .lengths = LlamaLengths::FromMask});
    const auto written = writeLlama(weights, folder->path() / "llama.onnx", 32);
    ASSERT_TRUE(written) << written.error().text();
    const auto read = formats::onnx::read(folder->path() / "llama.onnx");
    ASSERT_TRUE(read) << read.error().text();
    for (const LlamaStep& step :
         {LlamaStep{.batch = 2, .newTokens = 3, .past = 0, .capacity = 4}, LlamaStep{.newTokens = 1, .past = 9, .capacity = 9}}) {
        const auto inputs = *llamaInputs(weights, step);
        const auto expected = run(weights, step, inputs);
        const auto outputs = run(read->graph, inputs);
        ASSERT_EQ(outputs.size(), expected.size());
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            EXPECT_EQ(outputs[i].name, expected[i].name);
            EXPECT_EQ(toFloats(outputs[i].tensor), toFloats(expected[i].tensor)) << outputs[i].name;
        }
    }
}

TEST(LlamaShape, AStepWrittenWithItsContextTakesATokenAndGivesLogits) {
    const auto folder = base::TemporaryFolder::create("llama");
    ASSERT_TRUE(folder);
    const LlamaWeights weights = draw({.packedQkv = true});
    const LlamaStep step{.newTokens = 1, .past = 9, .capacity = 12};
    const auto written = writeLlamaStep(weights, step, folder->path() / "step.onnx");
    ASSERT_TRUE(written) << written.error().text();
    const auto read = formats::onnx::read(folder->path() / "step.onnx");
    ASSERT_TRUE(read) << read.error().text();
    const auto inputs = *llamaInputs(weights, step);
    const auto outputs = run(read->graph, {{"input_ids", named(inputs, "input_ids")}});
    ASSERT_EQ(outputs.size(), 1U);
    EXPECT_EQ(outputs[0].name, "logits");
    EXPECT_EQ(toFloats(outputs[0].tensor), toFloats(run(weights, step, inputs)[0].tensor));
}

}  // namespace
}  // namespace trimtab::ref::testing
