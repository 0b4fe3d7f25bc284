// Static steps, steps of tokens, kept caches and the report on channels: what a recipe becomes in treatments.
#include <cmath>
#include <limits>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/compress/activations/outlier_channels.h"
#include "core/compress/attention/kept_cache.h"
#include "core/compress/compress.h"
#include "tests/core/compress/model.h"

namespace trimtab::compress {
namespace {

using testing::HasSubstr;

/// Hands over the batches that a test writes down for a value, and counts the passes.
class Written : public ActivationSource {
public:
    Status forEach(const Graph& graph, std::span<const graph::ValueId> values, const Take& take) override {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::string& name = graph.value(values[i]).name;
            passes.push_back(name);
            for (const Tensor& batch : batches[name]) TRIMTAB_REQUIRE(take(i, batch));
        }
        return {};
    }
    void restart() override {}

    std::map<std::string, std::vector<Tensor>> batches;
    std::vector<std::string> passes;
};

constexpr const char* kStatic = R"({"compute": "int8", "weights": {"bits": 8}, "activations": {"bits": 8, "mode": "static"}})";

/// x → q, k and v; q + k → out.
Model fourProducts() {
    Model model;
    const auto weight = [&](const std::string& name, std::uint64_t seed) { return model.weight(name, randomWeight({6, 6}, seed)); };
    const auto q = model.node("/0/q", "MatMul", {model.input, weight("w_q", 1)});
    const auto k = model.node("/0/k", "MatMul", {model.input, weight("w_k", 2)});
    model.node("/0/v", "MatMul", {model.input, weight("w_v", 3)});
    const auto sum = model.node("/0/add", "Add", {q, k});
    model.node("/0/out", "MatMul", {sum, weight("w_out", 4)});
    return model;
}

Tensor batch(std::vector<float> values) { return Tensor::fromFloats(Shape{1, static_cast<std::int64_t>(values.size())}, values); }

Tools toolsOf(Written& written) {
    Tools tools;
    tools.activations = &written;
    return tools;
}

TEST(StaticActivations, TakeTheirStepFromTheExtremesOfAllBatches) {
    Written written;
    written.batches["x"] = {batch({-1, 0, 0.5F, 0, 0, 0}), batch({3, 0, 0, 0, 0, 0.25F})};
    written.batches["/0/add_out"] = {batch({0, 1, 2, 3, 4, 5.1F})};
    const auto compressed = compress(fourProducts().graph, *recipe::parse(kStatic), toolsOf(written));
    ASSERT_TRUE(compressed) << compressed.error().text();
    for (const char* name : {"/0/q", "/0/k", "/0/v"}) {
        const auto& node = *std::ranges::find(compressed->graph.nodes, name, &graph::Node::name);
        ASSERT_TRUE(node.treatment.activationStep) << name;
        EXPECT_FLOAT_EQ(node.treatment.activationStep->scale, 4.0F / 255);
        EXPECT_EQ(node.treatment.activationStep->zero, 64) << "round(1 / (4 / 255)), the code of 0";
    }
    const auto& out = compressed->graph.nodes.back();
    EXPECT_FLOAT_EQ(out.treatment.activationStep->scale, 5.1F / 255);
    EXPECT_EQ(out.treatment.activationStep->zero, 0);
    EXPECT_EQ(written.passes, (std::vector<std::string>{"x", "/0/add_out"})) << "layers that read one value share a pass";
}

TEST(StaticActivations, CutWhatThePercentileLeavesOut) {
    Written written;
    std::vector<float> values(60000, 0.0F);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 1000) / 1000;
    values[7] = 20;
    for (const char* name : {"x", "/0/add_out"}) written.batches[name] = {Tensor::fromFloats(Shape{10000, 6}, values)};
    const auto stepUnder = [&](const std::string& calibrator) {
        const auto recipe =
            recipe::parse(R"({"compute": "int8", "weights": {"bits": 8}, "activations": {"bits": 8, "mode": "static", "calibrator": ")" +
                          calibrator + R"("}})");
        const auto compressed = compress(fourProducts().graph, *recipe, toolsOf(written));
        EXPECT_TRUE(compressed) << compressed.error().text();
        return compressed->graph.nodes.front().treatment.activationStep->scale;
    };
    EXPECT_FLOAT_EQ(stepUnder("minmax"), 20.0F / 255);
    for (const char* calibrator : {"percentile", "entropy", "mse"}) EXPECT_LT(stepUnder(calibrator), 20.0F / 255) << calibrator;
    EXPECT_LT(stepUnder("percentile"), 2.0F / 255);
}

std::string refusal(const Graph& graph, const char* recipe, const Tools& tools = {}) {
    const auto compressed = compress(graph, *recipe::parse(recipe), tools);
    return compressed ? "accepted" : compressed.error().text();
}

TEST(StaticActivations, AreRefusedWithoutDataThatReachThemNamingTheField) {
    EXPECT_THAT(refusal(fourProducts().graph, kStatic), HasSubstr("activations.mode \"static\""));
    EXPECT_THAT(refusal(fourProducts().graph, kStatic), HasSubstr("--calibration"));
    Written written;
    EXPECT_THAT(refusal(fourProducts().graph, kStatic, toolsOf(written)), HasSubstr("no calibration data reach this layer"));
    written.batches["x"] = {batch({1, std::numeric_limits<float>::quiet_NaN(), 0, 0, 0, 0})};
    const std::string text = refusal(fourProducts().graph, kStatic, toolsOf(written));
    EXPECT_THAT(text, HasSubstr("activations.mode \"static\""));
    EXPECT_THAT(text, HasSubstr("layer /0/q"));
}

TEST(StaticActivations, FollowRulesLayerByLayer) {
    Written written;
    written.batches["x"] = {batch({-1, 1, 0, 0, 0, 0})};
    const auto recipe = recipe::parse(R"({"compute": "int8", "weights": {"bits": 8}, "activations": {"bits": 8, "granularity": "token"},
        "rules": [{"match": {"name": "/0/k"}, "activations": {"bits": 8, "mode": "static"}}]})");
    ASSERT_TRUE(recipe) << recipe.error().text();
    const auto compressed = compress(fourProducts().graph, *recipe, toolsOf(written));
    ASSERT_TRUE(compressed) << compressed.error().text();
    EXPECT_TRUE(compressed->graph.nodes[0].treatment.activationPerToken);
    EXPECT_FALSE(compressed->graph.nodes[0].treatment.activationStep);
    EXPECT_FALSE(compressed->graph.nodes[1].treatment.activationPerToken);
    EXPECT_TRUE(compressed->graph.nodes[1].treatment.activationStep);
}

TEST(GroupActivations, TakeTheGroupsOfTheWeightOrItsWholeRow) {
    for (const auto& [group, expected] : {std::pair<const char*, std::int64_t>{"4", 4}, {"0", 6}}) {
        const auto recipe = recipe::parse(std::string(R"({"compute": "int8", "weights": {"bits": 4, "group": )") + group +
                                          R"(}, "activations": {"bits": 8, "granularity": "group"}})");
        ASSERT_TRUE(recipe) << recipe.error().text();
        const auto compressed = compress(fourProducts().graph, *recipe, Tools{});
        ASSERT_TRUE(compressed) << compressed.error().text();
        for (const graph::Node& node : compressed->graph.nodes) {
            if (node.op != "MatMul") continue;
            EXPECT_EQ(node.treatment.activationGroup, expected) << node.name;
            EXPECT_FALSE(node.treatment.activationPerToken);
            EXPECT_EQ(node.treatment.activationBits, 8);
            EXPECT_EQ(node.treatment.weightBits, 4);
        }
    }
}

TEST(GroupActivations, WithoutWeightsTakeTheCodesThatTheModelArrivedWith) {
    const auto recipe = recipe::parse(R"({"compute": "int8", "activations": {"bits": 8, "granularity": "group"}})");
    ASSERT_TRUE(recipe) << recipe.error().text();
    const auto codes = compress(fourProducts().graph, *recipe::parse(R"({"weights": {"bits": 4, "group": 2}})"), Tools{});
    ASSERT_TRUE(codes) << codes.error().text();
    Graph arrived = codes->graph;
    for (graph::Node& node : arrived.nodes) node.treatment = {};
    const auto compressed = compress(arrived, *recipe, Tools{});
    ASSERT_TRUE(compressed) << compressed.error().text();
    for (const graph::Node& node : compressed->graph.nodes) {
        if (node.op != "MatMul") continue;
        EXPECT_EQ(node.treatment.activationGroup, 2) << node.name;
        EXPECT_EQ(node.treatment.activationBits, 8);
        EXPECT_EQ(compressed->graph.value(node.input(1)).quantized, arrived.value(node.input(1)).quantized) << "the same codes";
    }
    const std::string text = refusal(fourProducts().graph, R"({"compute": "int8", "activations": {"bits": 8, "granularity": "group"}})");
    EXPECT_THAT(text, HasSubstr("weights.bits"));
    EXPECT_THAT(text, HasSubstr("layer /0/"));
}

TEST(TokenActivations, AreRefusedForConvolutions) {
    const std::string text =
        refusal(smallModel().graph, R"({"compute": "int8", "weights": {"bits": 8}, "activations": {"bits": 8, "granularity": "token"}})");
    EXPECT_THAT(text, HasSubstr("activations.granularity"));
    EXPECT_THAT(text, HasSubstr("layer /blocks.0/conv"));
}

Model attention() {
    Model model;
    const auto q = model.node("/0/q", "MatMul", {model.input, model.weight("w_q", randomWeight({6, 6}, 1))});
    const auto k = model.node("/0/k", "MatMul", {model.input, model.weight("w_k", randomWeight({6, 6}, 2))});
    const auto v = model.node("/0/v", "MatMul", {model.input, model.weight("w_v", randomWeight({6, 6}, 3))});
    const auto scores = model.node("/0/scores", "MatMul", {q, model.node("/0/turn", "Transpose", {k})});
    const auto weights = model.node("/0/softmax", "Softmax", {scores});
    model.graph.nodes.back().version = 13;
    model.node("/0/mix", "MatMul", {weights, v});
    for (const auto& [id, dims] :
         {std::pair{k, Shape{1, 2, 5, 3}}, {model.graph.nodes[3].outputs[0], Shape{1, 2, 3, 5}}, {v, Shape{1, 2, 5, 3}}})
        model.graph.value(id).type = graph::ValueType::of(DataType::Float32, dims);
    return model;
}

TEST(KeptCaches, TreatTheTwoProductsOfAttentionAndNothingElse) {
    const auto compressed = compress(attention().graph, *recipe::parse(R"({"kv_cache": {"bits": 4, "granularity": "channel"}})"));
    ASSERT_TRUE(compressed) << compressed.error().text();
    for (const graph::Node& node : compressed->graph.nodes) {
        const bool reads = node.name == "/0/scores" || node.name == "/0/mix";
        EXPECT_EQ(node.treatment.kvBits, reads ? 4 : 32) << node.name;
        EXPECT_EQ(node.treatment.kvPerChannel, reads) << node.name;
    }
}

TEST(KeptCaches, AreRefusedWhereThereIsNoAttention) {
    EXPECT_THAT(refusal(smallModel().graph, R"({"kv_cache": {"bits": 8}})"), HasSubstr("kv_cache can never apply"));
    EXPECT_THAT(refusal(attention().graph, R"({"rules": [{"match": {"name": "/0/q"}, "kv_cache": {"bits": 8}}]})"),
                HasSubstr("rules[0].kv_cache"));
}

TEST(KeptCaches, CountCodesAndRanges) {
    const auto bytesUnder = [](const char* recipe) {
        return cacheBytesOf(compress(attention().graph, *recipe::parse(recipe))->graph);
    };
    // Keys and values of two heads with three channels each.
    const CacheBytes byHead = bytesUnder(R"({"kv_cache": {"bits": 8}})");
    EXPECT_TRUE(byHead.isKnown);
    EXPECT_EQ(byHead.originalPerToken, 2 * 2 * 3 * 4);
    EXPECT_EQ(byHead.perToken, 2 * 2 * (3 + 8));
    EXPECT_EQ(byHead.fixed, 0);
    const CacheBytes byChannel = bytesUnder(R"({"kv_cache": {"bits": 4, "granularity": "channel"}})");
    EXPECT_EQ(byChannel.perToken, 2 * 2 * 1.5);
    EXPECT_EQ(byChannel.fixed, 2 * 2 * 3 * 8);
}

TEST(ChannelReport, CountsChannelsSixTimesAboveTheMedian) {
    ChannelStatistics statistics;
    ASSERT_TRUE(statistics.see(std::vector<float>{1, -2, 1, 12.5F, 0, 1, 1, 2, -1, 3, 0.5F, -6}, 6, 1));
    const ChannelReport report = statistics.report();
    EXPECT_EQ(report.channels, 6);
    EXPECT_EQ(report.largest, 12.5);
    // Largest magnitudes 1, 2, 1, 12.5, 0.5, 6: median 1.5.
    EXPECT_DOUBLE_EQ(report.timesMedian, 12.5 / 1.5);
    EXPECT_EQ(report.outliers, 1);
}

TEST(ChannelReport, NamesTheLargestOutliersAndHowFarTheyStandOut) {
    ChannelStatistics statistics;
    std::vector<float> row(40, 2.0F);
    for (const auto& [channel, value] : {std::pair(3, 13.0F), {7, -90.0F}, {8, 20.0F}, {20, 30.0F}, {31, 11.9F}, {38, 20.0F}, {39, 14.0F}})
        row[static_cast<std::size_t>(channel)] = value;
    ASSERT_TRUE(statistics.see(row, 40, 1));
    const ChannelReport report = statistics.report();
    EXPECT_EQ(report.outliers, 6);
    std::vector<std::int64_t> channels;
    std::vector<double> times;
    for (const OutlierColumn& outlier : report.worst) {
        channels.push_back(outlier.column);
        times.push_back(outlier.timesMedian);
    }
    EXPECT_EQ(channels, (std::vector<std::int64_t>{7, 20, 8, 38, 39})) << "the largest five, ties in their order";
    EXPECT_EQ(times, (std::vector<double>{45, 15, 10, 10, 7}));
}

TEST(ChannelReport, KnowsTheKurtosisOfClosedForms) {
    const auto kurtosisOf = [](const std::vector<float>& values) {
        ChannelStatistics statistics;
        EXPECT_TRUE(statistics.see(values, 1, 1));
        return statistics.report().kurtosis;
    };
    EXPECT_NEAR(kurtosisOf({4, 6}), 1, 1e-9) << "two points";
    EXPECT_NEAR(kurtosisOf({-1, 0, 1}), 1.5, 1e-9) << "three points";
    EXPECT_EQ(kurtosisOf({2, 2, 2}), 0);
    base::Random random(5);
    std::vector<float> normal(200000);
    for (float& value : normal) value = static_cast<float>(7 + 3 * random.normal());
    EXPECT_NEAR(kurtosisOf(normal), 3, 0.1);
}

TEST(ChannelReport, SeesTheChannelsOfConvolutionsBehindTheBatch) {
    ChannelStatistics statistics;
    ASSERT_TRUE(statistics.see(std::vector<float>{1, 2, 30, 40, -5, 1, 7, 8}, 2, 2));  // [2, 2, 2]
    EXPECT_DOUBLE_EQ(statistics.report().timesMedian, 40 / 22.5);
    EXPECT_FALSE(statistics.see(std::vector<float>(6, 0.0F), 3, 2)) << "another number of channels";
}

TEST(ChannelReport, HasARowForEachLayerAndOnePassForEachValue) {
    Written written;
    written.batches["x"] = {batch({1, 1, 1, 1, 1, 90})};
    written.batches["/0/add_out"] = {batch({1, 1, 1, 1, 1, 1})};
    const auto rows = reportChannels(fourProducts().graph, toolsOf(written));
    ASSERT_TRUE(rows) << rows.error().text();
    ASSERT_EQ(rows->size(), 4U);
    EXPECT_EQ((*rows)[0].node, "/0/q");
    EXPECT_EQ((*rows)[2].outliers, 1);
    EXPECT_EQ((*rows)[3].outliers, 0);
    EXPECT_EQ(written.passes.size(), 2U);
    Written nothing;
    const auto refused = reportChannels(fourProducts().graph, toolsOf(nothing));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("layer /0/q"));
}

}  // namespace
}  // namespace trimtab::compress
