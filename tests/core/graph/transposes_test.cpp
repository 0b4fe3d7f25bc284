// Transposes that meet behind element-wise operators.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "tests/core/graph/graph_builder.h"

namespace trimtab::graph::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<std::string> operators(const Graph& graph) {
    std::vector<std::string> names;
    for (const Node& node : graph.nodes) names.push_back(node.op);
    return names;
}

struct TransposesTest : ::testing::Test {
    ValueId transpose(ValueId of, Ints order) { return builder.add("Transpose", {of}, {{"perm", std::move(order)}}); }
    std::vector<std::string> cancelled() {
        EXPECT_TRUE(inferShapes(builder.graph));
        auto gone = cancelTransposes(builder.graph);
        EXPECT_TRUE(gone) << gone.error().text();
        EXPECT_TRUE(builder.graph.validate());
        return *gone;
    }
    const Graph& graph() const { return builder.graph; }

    GraphBuilder builder;
    ValueId x = builder.input("x", dims({"n", 3, 4, 5}));
};

const Ints kThere{0, 2, 3, 1}, kBack{0, 3, 1, 2};

TEST_F(TransposesTest, TwoThatUndoOneAnotherGoWithWhatIsBetweenThemLeft) {
    builder.output(transpose(builder.add("Relu", {builder.add("Neg", {transpose(x, kThere)})}), kBack));
    EXPECT_THAT(cancelled(), UnorderedElementsAre("Transpose_0", "Transpose_3"));
    EXPECT_THAT(operators(graph()), ElementsAre("Neg", "Relu"));
    EXPECT_EQ(builder.typeOf(graph().outputs[0]), "float32[n, 3, 4, 5]");
}

TEST_F(TransposesTest, TwoThatDoNotAreOne) {
    builder.output(builder.add("Exp", {transpose(builder.add("Relu", {transpose(x, {1, 0, 2, 3})}), {0, 2, 3, 1})}));
    EXPECT_THAT(cancelled(), IsEmpty()) << "the one that is left says that it comes from both";
    ASSERT_THAT(operators(graph()), ElementsAre("Relu", "Exp", "Transpose"));
    EXPECT_EQ(graph().nodes[2].integers("perm"), (Ints{1, 2, 3, 0}));
    EXPECT_THAT(graph().nodes[2].origins, UnorderedElementsAre("Transpose_0", "Transpose_2"));
}

TEST_F(TransposesTest, AConstantAlongAnAxisSpreadsAlongTheSameOneBefore) {
    const ValueId bias = builder.floats(Shape{3}, {1, 2, 3});
    builder.output(transpose(builder.add("Add", {transpose(x, kThere), bias}), kBack));
    EXPECT_EQ(cancelled().size(), 2U);
    ASSERT_THAT(operators(graph()), ElementsAre("Add"));
    EXPECT_EQ(graph().constantOf(graph().nodes[0].inputs[1])->shape(), (Shape{1, 3, 1, 1}));
}

TEST_F(TransposesTest, AlongAnAxisMeansTheOneThatItWas) {
    const ValueId one = transpose(x, kThere), other = transpose(builder.add("Abs", {x}), kThere);
    const ValueId joined = builder.add("Concat", {one, other}, {{"axis", std::int64_t{-1}}});
    builder.output(transpose(builder.add("Softmax", {joined}, {{"axis", std::int64_t{1}}}), kBack));
    EXPECT_EQ(cancelled().size(), 3U);
    ASSERT_THAT(operators(graph()), ElementsAre("Abs", "Concat", "Softmax"));
    EXPECT_EQ(graph().nodes[1].integer("axis", 0), 1);
    EXPECT_EQ(graph().nodes[2].integer("axis", 0), 2);
}

TEST_F(TransposesTest, AShortcutOfAResidualBlockIsFollowed) {
    const ValueId entered = builder.add("Relu", {transpose(x, kThere)});
    const ValueId branch = transpose(builder.add("Sigmoid", {transpose(entered, kBack)}), kThere);
    builder.output(transpose(builder.add("Mul", {entered, branch}), kBack));
    EXPECT_EQ(cancelled().size(), 4U);
    EXPECT_THAT(operators(graph()), ElementsAre("Relu", "Sigmoid", "Mul"));
}

TEST_F(TransposesTest, NothingMovesWhereNoneWouldGo) {
    builder.output(builder.add("Relu", {transpose(x, kThere)}));
    const auto before = operators(graph());
    EXPECT_THAT(cancelled(), IsEmpty());
    EXPECT_EQ(operators(graph()), before);
}

TEST_F(TransposesTest, WhatIsAnOutputItselfStays) {
    const ValueId turned = transpose(x, kThere);
    builder.output(turned);
    builder.output(transpose(builder.add("Relu", {turned}), kBack));
    EXPECT_THAT(cancelled(), IsEmpty());
    EXPECT_THAT(operators(graph()), ElementsAre("Transpose", "Relu", "Transpose"));
}

TEST_F(TransposesTest, AnOutputKeepsItsName) {
    const ValueId out = transpose(builder.add("Relu", {transpose(x, kThere)}), kBack);
    builder.output(out);
    EXPECT_EQ(cancelled().size(), 2U);
    EXPECT_EQ(graph().nodes.back().outputs[0], out);
}

TEST_F(TransposesTest, AMatrixInTheMiddleStopsThem) {
    const ValueId other = builder.input("other", dims({"n", 4, 5, 3}));
    builder.output(transpose(builder.add("Add", {transpose(x, kThere), other}), kBack));
    EXPECT_THAT(cancelled(), IsEmpty()) << "what comes in beside it would have to be turned in its place";
}

TEST_F(TransposesTest, AnOlderSoftmaxOfAllAxesFromOneOnStopsThem) {
    builder = GraphBuilder(11);
    x = builder.input("x", dims({"n", 3, 4, 5}));
    builder.output(transpose(builder.add("Softmax", {transpose(x, kThere)}, {{"axis", std::int64_t{3}}}), kBack));
    EXPECT_THAT(cancelled(), IsEmpty());
}

TEST_F(TransposesTest, OlderOperatorsThatSpreadByAnAttributeStopThem) {
    builder = GraphBuilder(6);
    x = builder.input("x", dims({"n", 3, 4, 3}));
    const ValueId bias = builder.floats(Shape{3}, {1, 2, 3});
    builder.output(transpose(
        builder.add("Add", {transpose(x, kThere), bias}, {{"broadcast", std::int64_t{1}}, {"axis", std::int64_t{1}}}), kBack));
    EXPECT_THAT(cancelled(), IsEmpty());
}

TEST_F(TransposesTest, ANodeWithoutInputsIsLeftAlone) {
    builder.output(builder.add("Relu", {}));
    builder.output(transpose(builder.add("Neg", {transpose(x, kThere)}), kBack));
    (void)inferShapes(builder.graph);
    const auto gone = cancelTransposes(builder.graph);
    EXPECT_TRUE(!gone || gone->size() == 2U);
}

}  // namespace
}  // namespace trimtab::graph::testing
