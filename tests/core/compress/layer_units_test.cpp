#include "core/compress/layer_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/graph/shape_inference.h"

namespace trimtab::compress {
namespace {

using testing::ElementsAre;

/// A product of `input` with a constant weight, or a convolution.
graph::ValueId layer(Graph& graph, const std::string& op, const std::string& name, graph::ValueId input, Shape weight) {
    const auto constant = graph.addConstant(name + ".weight", Tensor::zeros(DataType::Float32, weight).value());
    graph::Value value;
    value.name = name + ".out";
    const auto output = graph.addValue(value);
    graph::Node node;
    node.op = op;
    node.version = 17;
    node.name = name;
    node.inputs = {input, constant};
    node.outputs = {output};
    node.origins = {name};
    graph.nodes.push_back(node);
    return output;
}

Graph withInput(Shape shape) {
    Graph graph;
    graph.opsets[""] = 17;
    graph::Value value;
    value.name = "x";
    value.type = graph::ValueType::of(DataType::Float32, shape);
    graph.inputs = {graph.addValue(value)};
    return graph;
}

TEST(LayerUnits, TakeProductsOfOneValueTogether) {
    Graph graph = withInput(Shape{4, 8});
    const auto q = layer(graph, "MatMul", "/block.0/q/MatMul", graph.inputs[0], Shape{8, 8});
    layer(graph, "MatMul", "/block.0/o/MatMul", q, Shape{8, 8});
    layer(graph, "MatMul", "/block.0/k/MatMul", graph.inputs[0], Shape{8, 4});
    const auto units = layerUnits(graph);
    ASSERT_EQ(units.size(), 2U);
    EXPECT_EQ(units[0].name, "/block.0/{q,k}/MatMul");
    EXPECT_THAT(units[0].nodes, ElementsAre(0, 2));
    EXPECT_EQ(units[0].parameters, 96);
    EXPECT_THAT(units[1].nodes, ElementsAre(1));
}

TEST(LayerUnits, LeaveConvolutionsAlone) {
    Graph graph = withInput(Shape{1, 4, 8, 8});
    layer(graph, "Conv", "a", graph.inputs[0], Shape{4, 4, 1, 1});
    layer(graph, "Conv", "b", graph.inputs[0], Shape{4, 4, 3, 3});
    EXPECT_EQ(layerUnits(graph).size(), 2U) << "two branches are no pair of gate and up";
}

TEST(JoinedName, PutsWhatDiffersInBraces) {
    EXPECT_EQ(joinedName({"one"}), "one");
    EXPECT_EQ(joinedName({"/a/q/MatMul", "/a/k/MatMul", "/a/v/MatMul"}), "/a/{q,k,v}/MatMul");
    EXPECT_EQ(joinedName({"x", "y"}), "{x,y}");
    EXPECT_EQ(joinedName({"a/b", "a/b"}), "a/b/{,}") << "names of a graph differ, but no matter";
    EXPECT_EQ(joinedName({"a", "a/b"}), "a/{,b}");
}

}  // namespace
}  // namespace trimtab::compress
