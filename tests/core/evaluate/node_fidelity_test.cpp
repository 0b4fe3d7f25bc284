#include "core/evaluate/node_fidelity.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "core/base/random.h"
#include "core/evaluate/score.h"
#include "tests/core/graph/graph_builder.h"

namespace trimtab::evaluate {
namespace {

using graph::testing::dims;
using graph::testing::GraphBuilder;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinite = std::numeric_limits<float>::infinity();

ValueError errorOf(const std::vector<float>& reference, const std::vector<float>& changed) {
    ValueError error;
    error.see(reference, changed);
    return error;
}

std::vector<float> normals(std::size_t count, std::uint64_t seed) {
    base::Random random(seed);
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
}

TEST(ValueError, CountsDecibelsAsTheDefinitionSays) {
    // Σr² = 25, Σ(r−c)² = 0.25: a ratio of 100.
    const ValueError error = errorOf({3, 4}, {3, 4.5F});
    EXPECT_NEAR(error.sqnrDb(), 20, 1e-9);
    EXPECT_NEAR(error.cosine(), (9 + 18) / (5 * std::sqrt(9 + 20.25)), 1e-9);
    EXPECT_NEAR(error.maxError(), 0.5 / 4, 1e-9);
}

TEST(ValueError, DoesNotDependOnHowTheValuesComeInBatches) {
    const auto reference = normals(300, 1);
    auto changed = reference;
    for (std::size_t i = 0; i < changed.size(); i += 7) changed[i] += 0.1F * static_cast<float>(i % 5);
    const ValueError whole = errorOf(reference, changed);
    ValueError parts;
    for (std::size_t begin = 0; begin < 300; begin += 60)
        parts.see(std::span(reference).subspan(begin, 60), std::span(changed).subspan(begin, 60));
    EXPECT_NEAR(parts.sqnrDb(), whole.sqnrDb(), 1e-9);
    EXPECT_NEAR(parts.cosine(), whole.cosine(), 1e-12);
    EXPECT_EQ(parts.maxError(), whole.maxError());
    EXPECT_EQ(parts.count(), 300);
}

TEST(ValueError, OfEqualValuesIsNoneAndTheirSizeDoesNotMatter) {
    const auto values = normals(50, 2);
    EXPECT_EQ(errorOf(values, values).sqnrDb(), trace::kMostDecibels);
    EXPECT_EQ(errorOf(values, values).maxError(), 0);
    auto louder = values, twice = values;
    for (float& value : louder) value *= 1024;
    for (float& value : twice) value *= 2;
    EXPECT_NEAR(errorOf(values, twice).sqnrDb(), 0, 1e-9) << "as much noise as signal";
    EXPECT_NEAR(errorOf(values, twice).cosine(), 1, 1e-12) << "the direction is the same";
    auto louderNoisy = louder, noisy = values;
    for (std::size_t i = 0; i < values.size(); ++i) {
        noisy[i] += 0.125F;
        louderNoisy[i] += 128;
    }
    EXPECT_NEAR(errorOf(values, noisy).sqnrDb(), errorOf(louder, louderNoisy).sqnrDb(), 1e-4);
}

TEST(ValueError, LetsTheFillOfMasksAsideAndNothingElse) {
    const ValueError plain = errorOf({3, 4}, {3, 4.5F});
    for (const float fill : {-kInfinite, -3.4e38F, -1e9F, kNaN})
        EXPECT_NEAR(errorOf({3, fill, 4}, {3, fill, 4.5F}).sqnrDb(), plain.sqnrDb(), 1e-9) << fill;
    for (const float broken : {kNaN, kInfinite, -kInfinite}) {
        EXPECT_EQ(errorOf({3, 4}, {3, broken}).sqnrDb(), -trace::kMostDecibels) << broken;
        EXPECT_EQ(errorOf({3, 4}, {3, broken}).cosine(), 0) << broken;
        EXPECT_TRUE(std::isinf(errorOf({3, 4}, {3, broken}).maxError())) << broken;
    }
    EXPECT_EQ(errorOf({0, 0}, {0, 1}).sqnrDb(), -trace::kMostDecibels) << "noise where there was nothing";
    EXPECT_EQ(errorOf({0, 0}, {0, 0}).sqnrDb(), trace::kMostDecibels);
}

TEST(ScoreFidelity, KnowsTheCosine) {
    const Tensor reference = Tensor::fromFloats({1, 2}, {1, 0});
    EXPECT_NEAR(scoreFidelity("cosine", Tensor::fromFloats({1, 2}, {2, 0}), reference).value(), 1, 1e-12);
    EXPECT_NEAR(scoreFidelity("cosine", Tensor::fromFloats({1, 2}, {0, 5}), reference).value(), 0, 1e-12);
    EXPECT_NEAR(scoreFidelity("cosine", Tensor::fromFloats({1, 2}, {-3, 0}), reference).value(), -1, 1e-12);
    EXPECT_NEAR(scoreFidelity("cosine", Tensor::fromFloats({1, 2}, {1, 1}), reference).value(), std::sqrt(0.5), 1e-7);
}

/// x → MatMul(w) → Relu → Mul(row) → y, all values known as float32.
struct Chain {
    Chain(float weight, float row) {
        const auto x = builder.input("x", dims({2, 2}));
        product = builder.add("MatMul", {x, builder.floats({2, 2}, {weight, 0, 0, weight})});
        positive = builder.add("Relu", {product});
        scaled = builder.add("Mul", {positive, builder.floats({2}, {row, 2 * row})});
        builder.output(scaled);
        for (const auto id : {product, positive, scaled}) builder.graph.value(id).type = graph::ValueType::of(DataType::Float32, {2, 2});
    }
    GraphBuilder builder;
    graph::ValueId product, positive, scaled;
};

Tensor square(const std::vector<float>& values) { return Tensor::fromFloats({2, 2}, values); }

TEST(NodeFidelity, FindsTheFirstDepartureAndWhereTheNoiseIsMade) {
    const Chain reference(1, 1);
    Chain changed(1.25F, 1);
    changed.builder.graph.nodes[0].treatment.weightBits = 4;
    NodeFidelityTally tally(reference.builder.graph, changed.builder.graph);
    ASSERT_EQ(tally.pairs().size(), 3U);
    // 20 dB behind the product; Relu lets a little less of it through; Mul hands it on.
    ASSERT_TRUE(tally.see(0, 0, square({3, 4, 0, 0}), square({3, 4.5F, 0, 0})));
    ASSERT_TRUE(tally.see(1, 0, square({3, 4, 0, 0}), square({3, 4.4F, 0, 0})));
    ASSERT_TRUE(tally.see(2, 0, square({3, 8, 0, 0}), square({3, 8.8F, 0, 0})));
    const trace::FidelityProfile profile = tally.finish();
    ASSERT_EQ(profile.nodes.size(), 3U);
    EXPECT_NEAR(profile.nodes[0].sqnrDb, 20, 1e-6);
    EXPECT_EQ(profile.nodes[0].inputSqnrDb, trace::kMostDecibels);
    EXPECT_NEAR(profile.nodes[1].inputSqnrDb, 20, 1e-6);
    EXPECT_NEAR(profile.nodes[0].noiseMade(), 0.01, 1e-9);
    EXPECT_EQ(profile.nodes[1].noiseMade(), 0) << "less came out than went in";
    EXPECT_EQ(profile.firstDeparture(), 0U);
    EXPECT_EQ(profile.mostNoise(), 0U);
    EXPECT_TRUE(profile.nodes[0].isTreated);
    EXPECT_FALSE(profile.nodes[1].isTreated || profile.nodes[2].isTreated);
    EXPECT_EQ(profile.nodes[0].node, "MatMul_0");
}

TEST(NodeFidelity, MultipliesBackWhatARescalingDivided) {
    const Chain reference(1, 1);
    const Chain changed(1, 0.25F);  // the row of Mul is divided by 4: whoever reads it has weights four times as large
    NodeFidelityTally tally(reference.builder.graph, changed.builder.graph);
    const Tensor product = square({3, 4, 1, 2});
    ASSERT_TRUE(tally.see(0, 0, product, product));
    ASSERT_TRUE(tally.see(1, 0, product, product));
    ASSERT_TRUE(tally.see(2, 0, square({3, 8, 1, 4}), square({0.75F, 2, 0.25F, 1})));
    const trace::FidelityProfile profile = tally.finish();
    EXPECT_EQ(profile.nodes[2].sqnrDb, trace::kMostDecibels);
    EXPECT_FALSE(profile.firstDeparture());
}

TEST(NodeFidelity, SkipsWhatHasAnotherShapeAndChargesTheNextNode) {
    const Chain reference(1, 1);
    Chain changed(1, 1);
    changed.builder.graph.nodes[2].treatment.pruned = true;
    NodeFidelityTally tally(reference.builder.graph, changed.builder.graph);
    const Tensor narrow = Tensor::fromFloats({2, 1}, {3, 4});
    ASSERT_TRUE(tally.see(0, 0, square({3, 4, 0, 0}), narrow));
    ASSERT_TRUE(tally.see(1, 0, square({3, 4, 0, 0}), narrow));
    ASSERT_TRUE(tally.see(2, 0, square({3, 4, 0, 0}), square({3, 4.5F, 0, 0})));
    const trace::FidelityProfile profile = tally.finish();
    EXPECT_EQ(profile.comparedNodes(), 1U);
    EXPECT_NE(profile.nodes[0].skipped.find("[2, 1]"), std::string::npos) << profile.nodes[0].skipped;
    EXPECT_NE(profile.nodes[0].skipped.find("[2, 2]"), std::string::npos);
    EXPECT_EQ(profile.firstDeparture(), 2U);
    EXPECT_EQ(profile.nodes[2].inputSqnrDb, trace::kMostDecibels);
    EXPECT_EQ(profile.mostNoise(), 2U);
}

TEST(NodeFidelity, PairsByNameAndSaysWhatIsGone) {
    const Chain reference(1, 1);
    Chain changed(1, 1);
    Graph& graph = changed.builder.graph;
    graph.nodes.insert(graph.nodes.begin(), graph::Node(graph.nodes[1]));  // a node of its own in front: places shift
    graph.nodes.front().name = "prepare";
    graph.nodes.front().origins = {};
    graph.nodes.front().outputs = {graph.addValue({"prepared", graph::ValueType::of(DataType::Float32, {2, 2})})};
    graph.nodes.pop_back();  // and Mul has left the graph
    const auto pairs = pairNodes(reference.builder.graph, graph);
    ASSERT_EQ(pairs.size(), 3U);
    EXPECT_EQ(pairs[0].values.at(0).changed, changed.product);
    EXPECT_EQ(pairs[1].values.at(0).changed, changed.positive);
    EXPECT_TRUE(pairs[2].values.empty());
    EXPECT_NE(pairs[2].skipped.find("does not compute"), std::string::npos);
}

TEST(NodeFidelity, LeavesWholeNumbersAside) {
    GraphBuilder builder;
    const auto x = builder.input("x", dims({2, 2}));
    const auto highest = builder.add("ArgMax", {x});
    builder.graph.value(highest).type = graph::ValueType::of(DataType::Int64, {1, 2});
    builder.output(highest);
    const auto pairs = pairNodes(builder.graph, builder.graph);
    ASSERT_EQ(pairs.size(), 1U);
    EXPECT_TRUE(pairs[0].values.empty());
    EXPECT_NE(pairs[0].skipped.find("floating-point"), std::string::npos);
    EXPECT_FALSE(pairs[0].isTreated);
}

}  // namespace
}  // namespace trimtab::evaluate
