// Which units are found, and why others stay.
#include <gmock/gmock.h>

#include "core/compress/structure/unit_groups.h"
#include "tests/core/compress/structure_graphs.h"

namespace trimtab::compress {
namespace {

using testing::HasSubstr;

std::vector<UnitGroup> ofKind(const Graph& graph, UnitKind kind, bool leaves = true) {
    std::vector<UnitGroup> groups;
    for (const UnitGroup& group : findUnits(graph).groups)
        if (group.kind == kind && group.reason.empty() == leaves) groups.push_back(group);
    return groups;
}

/// Why the group that this node makes stays.
std::string reasonAt(const Graph& graph, const std::string& node) {
    for (const UnitGroup& group : findUnits(graph).groups)
        for (const int maker : group.makers)
            if (graph.nodes[static_cast<std::size_t>(maker)].name == node) return group.reason;
    return "no group";
}

std::string lastNode(const RandomLayers& net) { return net.graph.nodes.back().name; }

TEST(Units, OfGroupedQueriesAreTheHeadsOfKeysWithAllTheirQueries) {
    for (const auto repeat : {AttentionForm::Repeat::Expand, AttentionForm::Repeat::FoldedQueries}) {
        const auto heads = ofKind(decoder(1, {repeat, false, false, true}, 3, 2, 1), UnitKind::Heads);
        ASSERT_EQ(heads.size(), 1U);
        EXPECT_EQ(heads[0].units.size(), 3U);
        EXPECT_EQ(heads[0].makers.size(), 3U) << "queries, keys and values";
    }
}

TEST(Units, OfAttentionOperatorsAreTheHeadsOfKeysWithAllTheirQueries) {
    for (const char* op : {"Attention", "GroupQueryAttention"}) {
        const auto heads = ofKind(decoder(1, {.fusedOperator = op}, 3, 2, 1), UnitKind::Heads);
        ASSERT_EQ(heads.size(), 1U) << op;
        EXPECT_EQ(heads[0].units.size(), 3U) << op;
        EXPECT_EQ(heads[0].makers.size(), 3U) << "queries, keys and values";
    }
}

TEST(Units, OfAttentionStayWhereACacheOrAMaskHasTheirNumber) {
    const auto reasonOf = [](auto change) {
        RandomLayers net(4);
        const ValueId x = net.input("x", dims({1, "tokens", 8}));
        std::vector<ValueId> inputs;
        for (int i = 0; i < 3; ++i) inputs.push_back(net.product(x, 8, 12, false));
        change(net, inputs);
        const auto made = net.addMany("Attention", inputs, 3, {{"q_num_heads", std::int64_t{3}}, {"kv_num_heads", std::int64_t{3}}});
        if (inputs.size() > 4) net.output(made[1]);
        return reasonAt(net.finish(net.product(made[0], 12, 8, false)), "MatMul_0");
    };
    EXPECT_EQ(reasonOf([](auto&, auto&) {}), "");
    EXPECT_THAT(reasonOf([](auto& net, auto& inputs) {
                    inputs.push_back(graph::kNoValue);
                    for (const char* name : {"key", "value"}) inputs.push_back(net.input(name, dims({1, 3, "past", 4})));
                }),
                HasSubstr("cache"));
    const auto withMask = [&](int heads) {
        return reasonOf([heads](auto& net, auto& inputs) { inputs.push_back(net.input("mask", dims({1, heads, "tokens", "tokens"}))); });
    };
    EXPECT_THAT(withMask(3), HasSubstr("mask"));
    EXPECT_EQ(withMask(1), "");
}

TEST(Units, OfAttentionStayWhereKeysAreLaidOutOtherwiseThanQueries) {
    RandomLayers net(5);
    const ValueId x = net.input("x", dims({1, 4, 8}));
    const auto apart = [&](ValueId rows) { return net.transpose(net.reshape(rows, {1, 4, 3, 4}), {0, 2, 1, 3}); };
    const ValueId q = net.product(x, 8, 12, false), k = apart(net.product(x, 8, 12, false)), v = apart(net.product(x, 8, 12, false));
    const ValueId y = net.add("MultiHeadAttention", {q, k, v}, {{"num_heads", std::int64_t{3}}}, "com.microsoft");
    EXPECT_NE(reasonAt(net.finish(net.product(y, 12, 8, false)), "MatMul_0"), "");
}

TEST(Units, OfGateAndUpAreOneGroup) {
    const auto neurons = ofKind(decoder(1, {}, 2, 1, 1), UnitKind::Neurons);
    ASSERT_EQ(neurons.size(), 1U);
    EXPECT_EQ(neurons[0].units.size(), 10U);
    EXPECT_EQ(neurons[0].makers.size(), 2U);
}

TEST(Units, OfAResidualSumLeaveAllConvolutionsThatMeetThere) {
    RandomLayers net(2);
    const ValueId stem = net.add("Relu", {net.convolution(net.input("x", dims({"batch", 3, 4, 4})), 3, 6)});
    const ValueId inner = net.add("Relu", {net.convolution(stem, 6, 5)});
    const ValueId sum = net.add("Add", {net.convolution(inner, 5, 6), stem});
    const auto channels = ofKind(net.finish(net.convolution(sum, 6, 2)), UnitKind::Channels);
    ASSERT_EQ(channels.size(), 2U);
    EXPECT_EQ(channels[0].makers.size(), 2U);
    EXPECT_EQ(channels[0].units.size(), 6U);
    EXPECT_EQ(channels[1].units.size(), 5U);
}

TEST(Units, StayWhereTheyReachAnOutput) {
    RandomLayers net(3);
    const Graph graph = net.finish(net.product(net.input("x", dims({"batch", 4})), 4, 3, false));
    EXPECT_THAT(reasonAt(graph, "MatMul_0"), HasSubstr("output"));
}

TEST(Units, StayWhereTheyMeetAStreamThatCannotShrink) {
    RandomLayers net(4);
    const ValueId x = net.input("x", dims({"batch", 4}));
    const ValueId sum = net.add("Add", {net.product(x, 4, 4, false), x});
    const Graph graph = net.finish(net.product(sum, 4, 3, false));
    EXPECT_THAT(reasonAt(graph, "MatMul_0"), HasSubstr("values that stay"));
}

TEST(Units, StayWhereANormalisationSpansThem) {
    RandomLayers net(5);
    const ValueId x = net.product(net.input("x", dims({"batch", 4})), 4, 6, false);
    const Graph graph = net.finish(net.product(net.norm(x, 6), 6, 3, false));
    EXPECT_THAT(reasonAt(graph, "MatMul_0"), HasSubstr("LayerNormalization"));
}

TEST(Units, StayWhereTheirWeightIsShared) {
    RandomLayers net(6);
    const ValueId x = net.input("x", dims({"batch", 4}));
    const ValueId tied = net.normals({4, 4});
    const ValueId inner = net.add("Relu", {net.add("MatMul", {x, tied})});
    const Graph graph = net.finish(net.product(net.add("Relu", {net.add("MatMul", {inner, tied})}), 4, 3, false));
    EXPECT_EQ(ofKind(graph, UnitKind::Neurons).size(), 0U);
}

TEST(Units, StayWhereAnUnknownOperatorTakesThem) {
    RandomLayers net(7);
    const ValueId x = net.product(net.input("x", dims({"batch", 4})), 4, 6, false);
    const ValueId odd = net.add("TopK", {x, net.ints({6})});
    const Graph graph = net.finish(net.product(odd, 6, 3, false));
    EXPECT_THAT(reasonAt(graph, "MatMul_0"), HasSubstr("TopK"));
}

TEST(Units, StayWhereTheirNumberIsReadOff) {
    RandomLayers net(8);
    const ValueId x = net.product(net.input("x", dims({"batch", 4})), 4, 6, false);
    net.output(net.add("Shape", {x}));
    const Graph graph = net.finish(net.product(net.add("Relu", {x}), 6, 3, false));
    EXPECT_THAT(reasonAt(graph, "MatMul_0"), HasSubstr("Shape"));
}

TEST(Units, OfOneHeadCannotLeave) {
    const Graph graph = decoder(9, {}, 1, 1, 1);
    EXPECT_EQ(ofKind(graph, UnitKind::Heads).size(), 0U);
    EXPECT_THAT(reasonAt(graph, "MatMul_1"), HasSubstr("summed over")) << "its columns are what queries and keys are compared by";
}

TEST(Units, OfSeveralColumnsAChannelLeaveWithAllOfThem) {
    RandomLayers net(10);
    const ValueId x = net.convolution(net.input("x", dims({"batch", 3, 4, 4})), 3, 6);
    const ValueId flat = net.reshape(x, {0, -1});
    const Graph graph = net.finish(net.product(flat, 96, 3, false));
    const UnitGroups found = findUnits(graph);
    const Part& read = *std::ranges::find(found.parts, Part::Role::Reads, &Part::role);
    ASSERT_EQ(read.labels.size(), 96U);
    for (std::size_t i = 0; i < 96; ++i) EXPECT_EQ(read.labels[i], found.groups[0].units[i / 16]);
    EXPECT_EQ(lastNode(net), "MatMul_2");
}

}  // namespace
}  // namespace trimtab::compress
