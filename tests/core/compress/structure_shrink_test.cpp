// Units that left change the outputs just as units whose weights are zero do.
#include <algorithm>
#include <cmath>

#include "core/compress/structure/residual_blocks.h"
#include "core/compress/structure/shrink.h"
#include "tests/core/compress/structure_graphs.h"

namespace trimtab::compress {
namespace {

using Repeat = AttentionForm::Repeat;

void expectSame(const std::vector<float>& a, const std::vector<float>& b, const std::string& what) {
    ASSERT_EQ(a.size(), b.size()) << what;
    float largest = 1e-3F;
    for (const float value : b) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-5F * largest) << what << " at " << i;
}

/// Some units of every group that may shrink; never all of a group.
std::vector<bool> someUnits(const UnitGroups& found, base::Random& random) {
    std::vector<bool> leaves(static_cast<std::size_t>(found.unitCount), false);
    for (const UnitGroup& group : found.groups) {
        if (!group.reason.empty()) continue;
        const std::size_t stays = random.below(group.units.size());
        for (std::size_t i = 0; i < group.units.size(); ++i)
            leaves[static_cast<std::size_t>(group.units[i])] = i != stays && random.below(2) == 0;
    }
    return leaves;
}

struct Seen {
    int groups = 0;        // of the kind, that could shrink
    bool differs = false;  // the outputs, from those of the whole graph: what left was used
};

Seen expectShrunkAsMasked(const Graph& graph, UnitKind kind, std::uint64_t seed) {
    const UnitGroups found = findUnits(graph);
    base::Random random(seed);
    const std::vector<bool> leaves = someUnits(found, random);
    const auto small = shrunk(graph, found, leaves);
    const auto zeroed = masked(graph, found, leaves);
    EXPECT_TRUE(small) << small.error().text();
    EXPECT_TRUE(zeroed) << zeroed.error().text();
    if (!small || !zeroed) return {};
    const Tensor x = sampleFor(graph, seed + 1);
    const std::vector<float> before = outputsOf(graph, x), after = outputsOf(*zeroed, x);
    expectSame(outputsOf(*small, x), after, "seed " + std::to_string(seed));
    const bool anyLeft = std::ranges::find(leaves, true) != leaves.end();
    EXPECT_TRUE(!anyLeft || constantsIn(*small) < constantsIn(graph)) << "seed " << seed;
    const auto groups =
        std::ranges::count_if(found.groups, [&](const UnitGroup& group) { return group.kind == kind && group.reason.empty(); });
    return {static_cast<int>(groups), before != after};
}

TEST(ShrunkGraph, ComputesWhatTheMaskedOneDoesForChannels) {
    int groups = 0, differ = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const Seen seen = expectShrunkAsMasked(convolutional(seed), UnitKind::Channels, seed);
        groups += seen.groups;
        differ += seen.differs ? 1 : 0;
    }
    EXPECT_GT(groups, 120);
    EXPECT_GE(differ, 55) << "channels behind a Relu may never be active";
}

TEST(ShrunkGraph, ComputesWhatTheMaskedOneDoesForNeurons) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed)
        EXPECT_GE(expectShrunkAsMasked(feedForward(seed), UnitKind::Neurons, seed).groups, 2) << seed;
}

TEST(ShrunkGraph, ComputesWhatTheMaskedOneDoesForHeads) {
    for (const Repeat repeat : {Repeat::None, Repeat::Expand, Repeat::FoldedQueries}) {
        for (const bool rotary : {false, true}) {
            for (const bool split : {false, true}) {
                for (std::uint64_t seed = 1; seed <= 8; ++seed)
                    EXPECT_EQ(expectShrunkAsMasked(decoder(seed, {repeat, false, split, rotary}), UnitKind::Heads, seed).groups, 2) << seed;
            }
        }
    }
}

TEST(ShrunkGraph, ComputesWhatTheMaskedOneDoesForHeadsOfOneFusedProduct) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed)
        EXPECT_EQ(expectShrunkAsMasked(decoder(seed, {Repeat::None, true, false, true}), UnitKind::Heads, seed).groups, 2) << seed;
}

TEST(ShrunkGraph, ComputesWhatTheMaskedOneDoesForHeadsOfAttentionOperators) {
    for (const char* op : {"Attention", "MultiHeadAttention", "GroupQueryAttention"}) {
        for (const bool fourAxes : {false, true}) {
            if (fourAxes && std::string_view(op) != "Attention") continue;
            for (const bool rotary : {false, true}) {
                const AttentionForm form{Repeat::None, false, false, rotary, op, fourAxes};
                for (std::uint64_t seed = 1; seed <= 8; ++seed) {
                    const Seen seen = expectShrunkAsMasked(decoder(seed, form), UnitKind::Heads, seed);
                    EXPECT_EQ(seen.groups, 2) << op << " " << seed;
                }
            }
        }
    }
}

TEST(GraphWithoutBlocks, ComputesWhatTheMaskedOneDoes) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Graph graph = decoder(seed, {Repeat::Expand, false, false, true}, 2, 2, 4);
        const auto blocks = findBlocks(graph);
        ASSERT_EQ(blocks.size(), 4U);
        std::vector<const ResidualBlock*> leaving;
        base::Random random(seed);
        for (const ResidualBlock& block : blocks) {
            EXPECT_EQ(block.reason, "");
            EXPECT_EQ(block.residuals.size(), 2U) << "attention and feed-forward part together";
            if (random.below(2) == 0) leaving.push_back(&block);
        }
        const auto small = withoutBlocks(graph, leaving), zeroed = maskedBlocks(graph, leaving);
        ASSERT_TRUE(small && zeroed);
        const Tensor x = sampleFor(graph, seed);
        expectSame(outputsOf(*small, x), outputsOf(*zeroed, x), "seed " + std::to_string(seed));
        EXPECT_EQ(findBlocks(*small).size(), 4U - leaving.size());
        EXPECT_TRUE(leaving.empty() || constantsIn(*small) < constantsIn(graph));
    }
}

TEST(GraphWithoutBlocks, KeepsTheNameOfAnOutputThatABlockMade) {
    RandomLayers net(3);
    const ValueId x = net.input("x", dims({"batch", 6}));
    const ValueId inner = net.add("Relu", {net.product(x, 6, 9, true)});
    const Graph graph = net.finish(net.add("Add", {x, net.product(inner, 9, 6, true)}));
    const auto blocks = findBlocks(graph);
    ASSERT_EQ(blocks.size(), 1U);
    const auto small = withoutBlocks(graph, {&blocks[0]});
    ASSERT_TRUE(small);
    EXPECT_EQ(small->value(small->outputs[0]).name, graph.value(graph.outputs[0]).name);
    const Tensor sample = sampleFor(graph, 1);
    EXPECT_EQ(outputsOf(*small, sample), tensor::toFloats(sample));
}

TEST(ResidualBlocks, OfWhichSomethingInsideIsReadElsewhereStay) {
    RandomLayers net(4);
    const ValueId x = net.input("x", dims({"batch", 6}));
    const ValueId inner = net.add("Relu", {net.product(x, 6, 9, true)});
    const ValueId sum = net.add("Add", {x, net.product(inner, 9, 6, true)});
    net.output(inner);
    const auto blocks = findBlocks(net.finish(sum));
    ASSERT_EQ(blocks.size(), 1U);
    EXPECT_NE(blocks[0].reason, "");
}

}  // namespace
}  // namespace trimtab::compress
