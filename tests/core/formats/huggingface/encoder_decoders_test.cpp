// T5 and Whisper against an independent statement in PyTorch (statements/state.py wrote checkpoints and answers): one pass over padded
// sources, and what their configs say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/file.h"
#include "core/formats/huggingface/architecture.h"
#include "core/formats/huggingface/random_weights.h"
#include "core/formats/huggingface/relative_positions.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference_engine.h"
#include "tests/core/formats/huggingface/stated.h"

namespace trimtab::formats::huggingface {
namespace {

using testing::HasSubstr;

class StatedEncoderDecoders : public Stated {};

TEST_P(StatedEncoderDecoders, HaveAPlaceForEveryTensor) {
    const auto made = read(folder());
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_TRUE(made->problems.empty()) << made->problems.front();
}

TEST_P(StatedEncoderDecoders, HaveTheStatedLogitsInTheReference) { expectOutputs(*ref::makeReferenceEngine(), graph()); }

TEST_P(StatedEncoderDecoders, HaveTheStatedLogitsOnTheCpu) { expectOutputs(*cpu::makeCpuEngine(1), graph()); }

TEST_P(StatedEncoderDecoders, AnswerInBfloat16WithItsRounding) {
    const auto narrow = base::TemporaryFolder::create("statements").value();
    writeNarrow(folder(), narrow.path());
    const Graph graph = graphIn(read(narrow.path()));
    EXPECT_EQ(graph.value(graph.outputs.front()).type.type, DataType::BFloat16);
    constexpr double kRounding = 0.15;  // weights of eight bits of precision through all layers
    expectOutputs(*cpu::makeCpuEngine(1), graph, kRounding);
    expectOutputs(*ref::makeReferenceEngine(), graph, kRounding);
}

TEST_P(StatedEncoderDecoders, HaveTheSameTypesWithWeightsDrawnForTheirConfig) {
    const Graph drawn = graphIn(readRandom(folder() / "config.json", 3)), types = graphIn(readRandom(folder() / "config.json", 3, false));
    const Graph read = graph();
    ASSERT_EQ(drawn.values.size(), read.values.size());
    for (std::size_t i = 0; i < read.values.size(); ++i) {
        EXPECT_EQ(drawn.values[i].type.text(), read.values[i].type.text());
        EXPECT_EQ(types.values[i].type.text(), read.values[i].type.text());
    }
    const auto model = cpu::makeCpuEngine(1)->compile(drawn, {});
    ASSERT_TRUE(model) << model.error().text();
    const auto outputs = (*model)->run(tensorsOf(m_expected["texts"][0]["inputs"]));
    ASSERT_TRUE(outputs) << outputs.error().text();
    const std::vector<float> logits = tensor::toFloats(outputs->front().tensor);
    EXPECT_TRUE(std::ranges::all_of(logits, [](float value) { return std::isfinite(value); }));
    EXPECT_TRUE(std::ranges::any_of(logits, [](float value) { return value != 0; }));
}

INSTANTIATE_TEST_SUITE_P(Each, StatedEncoderDecoders, testing::Values("t5", "t5_gated", "whisper"),
                         [](const auto& name) { return std::string(name.param); });

Json t5(const Json& more) {
    Json config{{"architectures", {"T5ForConditionalGeneration"}}, {"d_model", 8}, {"num_layers", 1}, {"num_heads", 2}, {"d_kv", 4},
                {"d_ff", 12}, {"vocab_size", 16}};
    config.update(more);
    return config;
}
Json whisper(const Json& more) {
    Json config{{"architectures", {"WhisperForConditionalGeneration"}}, {"d_model", 12}, {"encoder_layers", 1}, {"decoder_layers", 1}};
    config.update(more);
    return config;
}
std::string refusal(const Json& config) {
    const auto made = architectureOf(config);
    return made ? "was read" : made.error().text();
}
Graph graphOf(const Json& config) {
    const auto made = architectureOf(config);
    EXPECT_TRUE(made) << made.error().text();
    RandomWeights weights(DataType::Float32, 1, false);
    auto graph = made->graph(weights);
    EXPECT_TRUE(graph) << graph.error().text();
    return std::move(*graph);
}
bool hasNode(const Graph& graph, const std::string& name) {
    return std::ranges::any_of(graph.nodes, [&](const graph::Node& node) { return node.name == name; });
}

TEST(EncoderDecoders, AreRefusedByTheFieldThatMakesNoModel) {
    EXPECT_THAT(refusal(t5({{"relative_attention_num_buckets", 2}})), HasSubstr("relative_attention_num_buckets is 2"));
    EXPECT_THAT(refusal(t5({{"relative_attention_max_distance", 16}})), HasSubstr("relative_attention_max_distance is 16"));
    EXPECT_THAT(refusal(t5({{"relative_attention_max_distance", 1 << 20}})), HasSubstr("relative_attention_max_distance"));
    EXPECT_THAT(refusal(t5({{"feed_forward_proj", "gated-mish"}})), HasSubstr("mish"));
    EXPECT_THAT(refusal(t5({{"d_kv", 0}})), HasSubstr("d_kv"));
    EXPECT_THAT(refusal(whisper({{"decoder_attention_heads", 5}})), HasSubstr("decoder_attention_heads (5)"));
    EXPECT_THAT(refusal(whisper({{"scale_embedding", true}})), HasSubstr("scale_embedding"));
}

TEST(EncoderDecoders, ScaleWhatATiedHeadReadsAndNothingElse) {
    EXPECT_TRUE(hasNode(graphOf(t5(Json::object())), "/lm_head/Mul"));
    EXPECT_FALSE(hasNode(graphOf(t5({{"tie_word_embeddings", false}})), "/lm_head/Mul"));
}

TEST(EncoderDecoders, TakeTheGeluOfAGatedUnitInItsTanhForm) {
    const auto usesTanh = [](const char* word) {
        const Graph graph = graphOf(t5({{"feed_forward_proj", word}}));
        return std::ranges::any_of(graph.nodes, [](const graph::Node& node) { return node.op == "FastGelu"; });
    };
    EXPECT_TRUE(usesTanh("gated-gelu"));
    EXPECT_FALSE(usesTanh("gelu"));
}

// Of t5-small's 32 buckets over 128 tokens, from the published bounds of each: ⌈8 · 16^(i/8)⌉ both ways, ⌈16 · 8^(i/16)⌉ behind.
TEST(RelativePositions, GrowByAFactorBehindTheExactDistances) {
    const RelativePositions both{.bothWays = true}, behind{};
    const std::vector<std::int64_t> bounds{8, 12, 16, 23, 32, 46, 64, 91};
    for (std::int64_t distance = 0; distance < 300; ++distance) {
        const auto above = std::ranges::upper_bound(bounds, distance) - bounds.begin();
        const std::int64_t bucket = distance < 8 ? distance : 7 + above;
        EXPECT_EQ(bucketOf(both, -distance), bucket) << distance;
        EXPECT_EQ(bucketOf(both, distance), distance == 0 ? 0 : 16 + bucket) << distance;
        EXPECT_EQ(bucketOf(behind, distance), 0);
    }
    EXPECT_EQ(bucketOf(behind, -15), 15);
    EXPECT_EQ(bucketOf(behind, -16), 16);
    EXPECT_EQ(bucketOf(behind, -18), 16);
    EXPECT_EQ(bucketOf(behind, -19), 17);
    EXPECT_EQ(bucketOf(behind, -112), 30);
    EXPECT_EQ(bucketOf(behind, -113), 31);
    EXPECT_EQ(bucketOf(behind, -100000), 31);
}

}  // namespace
}  // namespace trimtab::formats::huggingface
