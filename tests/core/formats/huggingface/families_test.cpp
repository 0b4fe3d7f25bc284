// What families say of their configs: fields that make another graph, those that are refused, each by its name, and how weights come in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/formats/huggingface/architecture.h"
#include "core/formats/huggingface/random_weights.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::huggingface {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Json decoder(const char* architecture) {
    return {{"architectures", {architecture}}, {"hidden_size", 16},        {"num_hidden_layers", 2}, {"num_attention_heads", 4},
            {"num_key_value_heads", 2},        {"intermediate_size", 24}, {"vocab_size", 32},       {"max_position_embeddings", 64},
            {"head_dim", 4}};
}
Json bert(const char* architecture) {
    return {{"architectures", {architecture}}, {"hidden_size", 16},       {"num_hidden_layers", 1},
            {"num_attention_heads", 4},        {"intermediate_size", 24}, {"vocab_size", 32}};
}
Json gpt2() { return {{"architectures", {"GPT2LMHeadModel"}}, {"n_embd", 16}, {"n_layer", 1}, {"n_head", 4}, {"vocab_size", 32}}; }

Json with(Json config, const Json& more) {
    config.update(more);
    return config;
}
std::string refusal(const Json& config) {
    const auto made = architectureOf(config);
    return made ? "was read" : made.error().text();
}

Graph graphOf(const Json& config, DataType type = DataType::Float32) {
    const auto made = architectureOf(config);
    EXPECT_TRUE(made) << made.error().text();
    RandomWeights weights(type, 1, true);
    auto graph = made->graph(weights);
    EXPECT_TRUE(graph) << graph.error().text();
    return std::move(*graph);
}
std::vector<graph::Node> attentionsOf(const Graph& graph) {
    std::vector<graph::Node> found;
    for (const graph::Node& node : graph.nodes)
        if (node.op == "GroupQueryAttention") found.push_back(node);
    return found;
}
std::vector<std::int64_t> windowsOf(const Json& config) {
    std::vector<std::int64_t> windows;
    for (const graph::Node& node : attentionsOf(graphOf(config))) windows.push_back(node.integer("local_window_size", 0));
    return windows;
}
const Tensor& constantOf(const Graph& graph, const std::string& name) {
    const Tensor* found = graph.constantOf(graph.find(name));
    EXPECT_NE(found, nullptr) << name;
    return *found;
}

TEST(Families, RefuseByTheNameOfTheField) {
    EXPECT_THAT(refusal(with(decoder("LlamaForCausalLM"), {{"hidden_act", "gelu_10"}})), HasSubstr("hidden_act gelu_10"));
    EXPECT_THAT(refusal(with(decoder("Phi3ForCausalLM"), {{"partial_rotary_factor", 0.25}})), HasSubstr("partial_rotary_factor"));
    EXPECT_THAT(refusal(with(decoder("Phi3ForCausalLM"), {{"partial_rotary_factor", 1.5}})), HasSubstr("partial_rotary_factor"));
    EXPECT_THAT(refusal(with(decoder("Phi3ForCausalLM"), {{"sliding_window", 0}})), HasSubstr("sliding_window is 0"));
    EXPECT_THAT(refusal(with(decoder("Gemma2ForCausalLM"), {{"query_pre_attn_scalar", 0}})), HasSubstr("query_pre_attn_scalar"));
    EXPECT_THAT(refusal(with(decoder("Gemma2ForCausalLM"), {{"final_logit_softcapping", -1}})), HasSubstr("final_logit_softcapping"));
    EXPECT_THAT(refusal(with(decoder("Gemma3ForCausalLM"), {{"use_bidirectional_attention", true}})),
                HasSubstr("use_bidirectional_attention"));
    EXPECT_THAT(refusal(with(decoder("Gemma3ForCausalLM"), {{"layer_types", {"full_attention"}}})), HasSubstr("layer_types"));
    EXPECT_THAT(refusal(with(decoder("MixtralForCausalLM"), {{"num_experts_per_tok", 9}})), HasSubstr("num_experts_per_tok is 9"));
    EXPECT_THAT(refusal(with(decoder("MixtralForCausalLM"), {{"num_local_experts", 1 << 20}})), HasSubstr("num_local_experts"));
    EXPECT_THAT(refusal(with(gpt2(), {{"n_head", 5}})), HasSubstr("n_embd (16) is no multiple of n_head (5)"));
    EXPECT_THAT(refusal(with(gpt2(), {{"add_cross_attention", true}})), HasSubstr("add_cross_attention"));
    EXPECT_THAT(refusal(with(bert("BertModel"), {{"position_embedding_type", "relative_key"}})), HasSubstr("relative_key"));
    EXPECT_THAT(refusal(with(bert("BertModel"), {{"is_decoder", true}})), HasSubstr("is_decoder"));
    EXPECT_THAT(refusal(with(bert("BertModel"), {{"num_attention_heads", 3}})), HasSubstr("num_attention_heads (3)"));
}

TEST(Families, RefuseLongRopeWithoutItsFactors) {
    const auto scaled = [](const Json& scaling) { return with(decoder("Phi3ForCausalLM"), {{"rope_scaling", scaling}}); };
    const Json factors{1.0, 2.0};
    EXPECT_THAT(refusal(scaled({{"type", "longrope"}, {"long_factor", factors}})), HasSubstr("short_factor does not hold 2 factors"));
    EXPECT_THAT(refusal(scaled({{"type", "longrope"}, {"short_factor", factors}, {"long_factor", {1}}})), HasSubstr("long_factor"));
    EXPECT_THAT(refusal(scaled({{"type", "su"}, {"short_factor", {1, -1}}, {"long_factor", factors}})), HasSubstr("short_factor holds -1"));
    EXPECT_THAT(refusal(scaled({{"type", "dynamic"}, {"factor", 2}})), HasSubstr("type dynamic"));
}

TEST(Families, OfPhi3AreReadUpToTheLengthOfTheShortFactors) {
    const Json scaling{{"type", "longrope"}, {"short_factor", {1.0, 2.0}}, {"long_factor", {3.0, 4.0}}};
    const Json longer = with(decoder("Phi3ForCausalLM"), {{"rope_scaling", scaling}, {"original_max_position_embeddings", 16}});
    EXPECT_THAT(architectureOf(longer)->limits, ElementsAre(HasSubstr("texts end at 16 tokens, not at 64")));
    const Graph graph = graphOf(longer);
    const Tensor& sines = constantOf(graph, "sin_cache");
    EXPECT_EQ(sines.shape(), (Shape{16, 2}));
    const double amplitude = std::sqrt(1 + std::log(64.0 / 16) / std::log(16.0)), second = std::pow(10000.0, -0.5) / 2;
    EXPECT_NEAR(sines.data<float>()[2], amplitude * std::sin(1.0), 1e-6);
    EXPECT_NEAR(sines.data<float>()[2 * 15 + 1], amplitude * std::sin(15 * second), 1e-6);
    const Json asLong = with(longer, {{"original_max_position_embeddings", 64}});
    EXPECT_THAT(architectureOf(asLong)->limits, IsEmpty());
    EXPECT_EQ(constantOf(graphOf(asLong), "cos_cache").data<float>()[0], 1);
}

TEST(Families, GiveLayersTheirWindows) {
    const Json two = with(decoder("Gemma2ForCausalLM"), {{"num_hidden_layers", 4}, {"sliding_window", 9}});
    EXPECT_THAT(windowsOf(two), ElementsAre(9, 0, 9, 0));
    EXPECT_THAT(windowsOf(with(two, {{"layer_types", {"full_attention", "full_attention", "sliding_attention", "full_attention"}}})),
                ElementsAre(0, 0, 9, 0));
    const Json three = with(decoder("Gemma3ForCausalLM"), {{"num_hidden_layers", 7}, {"sliding_window", 9}});
    EXPECT_THAT(windowsOf(three), ElementsAre(9, 9, 9, 9, 9, 0, 9));
    EXPECT_THAT(windowsOf(with(three, {{"sliding_window_pattern", 2}})), ElementsAre(9, 0, 9, 0, 9, 0, 9));
    EXPECT_THAT(windowsOf(decoder("GemmaForCausalLM")), ElementsAre(0, 0));
    EXPECT_THAT(windowsOf(decoder("Phi3ForCausalLM")), ElementsAre(0, 0));
    EXPECT_THAT(windowsOf(with(decoder("MixtralForCausalLM"), {{"sliding_window", 5}})), ElementsAre(5, 5));
}

TEST(Families, OfGemma3TakeBothRotaryBasesFromWhereverTheyStand) {
    const auto anglesOf = [](const Json& more) {
        const Graph graph = graphOf(with(with(decoder("Gemma3ForCausalLM"), {{"num_hidden_layers", 6}}), more));
        return std::pair{constantOf(graph, "sin_cache").data<float>()[3], constantOf(graph, "sin_cache_window").data<float>()[3]};
    };
    const Json stretched{{"rope_type", "linear"}, {"factor", 4}};
    const auto older = anglesOf({{"rope_theta", 1e4}, {"rope_local_base_freq", 100}, {"rope_scaling", stretched}});
    EXPECT_NEAR(older.first, std::sin(0.01 / 4), 1e-7);
    EXPECT_NEAR(older.second, std::sin(0.1), 1e-7);
    const Json kinds{{"full_attention", {{"rope_type", "linear"}, {"factor", 4}, {"rope_theta", 1e4}}},
                     {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 100}}}};
    EXPECT_EQ(anglesOf({{"rope_parameters", kinds}}), older);
    const auto usual = anglesOf(Json::object());
    EXPECT_NEAR(usual.first, std::sin(std::pow(1e6, -0.5)), 1e-7);
    EXPECT_NEAR(usual.second, std::sin(0.01), 1e-7);
}

TEST(Families, OfGemmaScaleEmbeddingsInTheirTypeAndNormalizeInFloat32) {
    const Json config = with(decoder("GemmaForCausalLM"), {{"hidden_size", 24}});
    EXPECT_EQ(tensor::elementAsDouble(constantOf(graphOf(config), "model.embed_tokens.scale"), 0), std::sqrt(24.0F));
    const Graph narrow = graphOf(config, DataType::BFloat16);
    EXPECT_EQ(tensor::elementAsDouble(constantOf(narrow, "model.embed_tokens.scale"), 0), 4.90625) << "√24 rounded to bfloat16";
    const Tensor& scale = constantOf(narrow, "model.norm.weight");
    EXPECT_EQ(scale.type(), DataType::Float32);
    EXPECT_EQ(scale.data<float>()[5], 1) << "one and no weight";
}

TEST(Families, ScaleAndCapScoresAsTheConfigSays) {
    const auto first = [](const Json& config) { return attentionsOf(graphOf(config)).front(); };
    const graph::Node gemma = first(with(decoder("Gemma2ForCausalLM"), {{"query_pre_attn_scalar", 64}, {"attn_logit_softcapping", 7}}));
    EXPECT_EQ(gemma.number("scale", 0), 0.125F);
    EXPECT_EQ(gemma.number("softcap", 0), 7);
    EXPECT_EQ(first(decoder("Gemma2ForCausalLM")).number("softcap", 0), 50);
    EXPECT_FALSE(first(with(decoder("Gemma2ForCausalLM"), {{"attn_logit_softcapping", nullptr}})).has("softcap"));
    const Json two = with(gpt2(), {{"n_layer", 2}, {"scale_attn_by_inverse_layer_idx", true}});
    EXPECT_EQ(attentionsOf(graphOf(two))[1].number("scale", 0), 0.25F);
    EXPECT_EQ(first(with(gpt2(), {{"scale_attn_weights", false}})).number("scale", 0), 1);
}

TEST(Families, TakePartsOfFusedTensorsAsTheyStandInTheWhole) {
    const Graph graph = graphOf(gpt2());
    RandomWeights weights(DataType::Float32, 1, true);
    const Piece whole{.tensor = "transformer.h.0.attn.c_attn.weight", .shape = Shape{16, 48}};
    const auto taken = weights.take(whole, DataType::Float32);
    const auto all = taken->constant->data<float>();
    const auto keys = constantOf(graph, "transformer.h.0.attn.c_attn.k.weight").data<float>();
    ASSERT_EQ(keys.size(), 16U * 16);
    for (std::size_t r = 0; r < 16; ++r)
        for (std::size_t c = 0; c < 16; ++c) ASSERT_EQ(keys[r * 16 + c], all[r * 48 + 16 + c]);
}

}  // namespace
}  // namespace trimtab::formats::huggingface
