// Passes that run before compression: identities, constants, batch normalisation.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"
#include "tests/core/graph/graph_builder.h"

namespace trimtab::graph::testing {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> operators(const Graph& graph) {
    std::vector<std::string> names;
    for (const Node& node : graph.nodes) names.push_back(node.op);
    return names;
}

/// Adds float vectors of equal length and fills ConstantOfShape; knows nothing else.
class Adder final : public NodeEvaluator {
public:
    int calls = 0;
    Result<std::vector<Tensor>> evaluate(const Node& node, std::span<const Tensor> inputs) override {
        ++calls;
        if (node.op == "ConstantOfShape") return std::vector<Tensor>{*Tensor::zeros(DataType::Float32, Shape(tensor::toInt64s(inputs[0])))};
        if (node.op != "Add") return fail(ErrorCode::Unsupported, "no kernel");
        auto sum = tensor::toFloats(inputs[0]);
        const auto other = tensor::toFloats(inputs[1]);
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += other[i];
        return std::vector<Tensor>{Tensor::fromFloats(inputs[0].shape(), sum)};
    }
};

TEST(RemoveIdentities, ReadersReadTheSource) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 4}));
    const ValueId a = builder.add("Identity", {x});
    const ValueId b = builder.add("Dropout", {a});
    const ValueId c = builder.add("Cast", {b}, {{"to", std::int64_t{1}}});
    const ValueId d = builder.add("Reshape", {c, builder.ints({-1, 4})});
    const ValueId e = builder.add("Transpose", {d}, {{"perm", Ints{0, 1}}});
    const ValueId f = builder.add("Pad", {e, builder.ints({0, 0, 0, 0})});
    const ValueId g = builder.add("Slice", {f, builder.ints({0}), builder.ints({INT64_MAX})});
    const ValueId h = builder.add("Concat", {g}, {{"axis", std::int64_t{0}}});
    builder.output(builder.add("Relu", {h}));
    ASSERT_TRUE(removeIdentities(builder.graph));
    EXPECT_THAT(operators(builder.graph), ElementsAre("Relu"));
    EXPECT_EQ(builder.graph.nodes[0].inputs[0], x);
    EXPECT_TRUE(builder.graph.validate());
}

TEST(RemoveIdentities, KeepsWhatChangesSomething) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 4}));
    builder.output(builder.add("Cast", {x}, {{"to", std::int64_t{11}}}));
    builder.output(builder.add("Transpose", {x}));
    builder.output(builder.add("Slice", {x, builder.ints({-1}), builder.ints({-INT64_MAX}), builder.ints({1}), builder.ints({-1})}));
    builder.output(builder.add("Reshape", {x, builder.ints({4, -1})}));
    const auto dropout = builder.addMany("Dropout", {x}, 2);
    builder.output(dropout[0]);
    builder.output(dropout[1]);
    ASSERT_TRUE(removeIdentities(builder.graph));
    EXPECT_EQ(builder.graph.nodes.size(), 5U);
}

TEST(RemoveIdentities, AGraphOutputKeepsItsName) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 4}));
    const ValueId relu = builder.add("Relu", {x});
    const ValueId out = builder.add("Identity", {relu});
    builder.output(out);
    builder.output(builder.add("Identity", {x}));
    ASSERT_TRUE(removeIdentities(builder.graph));
    EXPECT_THAT(operators(builder.graph), ElementsAre("Relu", "Identity"));
    EXPECT_EQ(builder.graph.nodes[0].outputs[0], out);
    EXPECT_TRUE(builder.graph.validate());
}

TEST(RemoveIdentities, AnOutputWhoseSourceIsReadElsewhereStays) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 4}));
    const ValueId relu = builder.add("Relu", {x});
    builder.output(builder.add("Identity", {relu}));
    builder.output(builder.add("Exp", {relu}));
    ASSERT_TRUE(removeIdentities(builder.graph));
    EXPECT_THAT(operators(builder.graph), ElementsAre("Relu", "Identity", "Exp"));
}

TEST(RemoveIdentities, KeepsWhatSubgraphsRead) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 4}));
    const ValueId relu = builder.add("Relu", {x});
    const ValueId copy = builder.add("Identity", {relu});
    auto body = std::make_shared<Graph>();
    body->outerNames = {builder.graph.value(copy).name};
    const ValueId chosen =
        builder.add("If", {builder.input("c", dims({}), DataType::Bool), copy},
                    {{"then_branch", std::shared_ptr<const Graph>(body)}, {"else_branch", std::shared_ptr<const Graph>(body)}});
    builder.graph.nodes.back().captures = 1;
    builder.output(chosen);
    ASSERT_TRUE(removeIdentities(builder.graph));
    EXPECT_THAT(operators(builder.graph), ElementsAre("Relu", "If"));
    EXPECT_EQ(builder.graph.nodes.back().inputs.back(), relu);
}

TEST(FoldConstants, ComputesWhatDependsOnConstantsAlone) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 2}));
    const ValueId sum = builder.add("Add", {builder.floats(Shape{2}, {1, 2}), builder.floats(Shape{2}, {10, 20})});
    const ValueId more = builder.add("Add", {sum, builder.floats(Shape{2}, {100, 200})});
    builder.output(builder.add("Mul", {x, more}));
    Adder adder;
    ASSERT_TRUE(foldConstants(builder.graph, adder));
    EXPECT_THAT(operators(builder.graph), ElementsAre("Mul"));
    EXPECT_THAT(tensor::toFloats(*builder.graph.constantOf(more)), ElementsAre(111, 222));
    EXPECT_EQ(adder.calls, 2);
}

TEST(FoldConstants, ShapeArithmeticNeedsNoEvaluatorEvenBesideOpenSymbols) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 3, 8}));
    const ValueId channels = builder.add("Gather", {builder.add("Shape", {x}), builder.ints({1})});
    builder.output(builder.add("ConstantOfShape", {channels}));
    Adder adder;
    ASSERT_TRUE(foldConstants(builder.graph, adder));
    EXPECT_THAT(operators(builder.graph), ElementsAre("ConstantOfShape"));
    EXPECT_THAT(tensor::toInt64s(*builder.graph.constantOf(channels)), ElementsAre(3));
    EXPECT_EQ(adder.calls, 0);
}

TEST(FoldConstants, LeavesRandomFailingAndOutputNodesAlone) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({2}));
    const ValueId noise = builder.add("RandomNormal", {}, {{"shape", Ints{2}}});
    const ValueId strange = builder.add("Sin", {builder.floats(Shape{2}, {1, 2})});
    const ValueId direct = builder.add("Add", {builder.floats(Shape{2}, {1, 2}), builder.floats(Shape{2}, {1, 2})});
    builder.output(direct);
    builder.output(builder.add("Mul", {builder.add("Mul", {x, noise}), strange}));
    Adder adder;
    ASSERT_TRUE(foldConstants(builder.graph, adder));
    EXPECT_THAT(operators(builder.graph), ElementsAre("RandomNormal", "Sin", "Add", "Mul", "Mul"));
}

TEST(FoldConstants, DoesNotBlowUpSmallFiles) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({1}));
    const ValueId large = builder.add("ConstantOfShape", {builder.ints({1000, 1000, 1000})});
    builder.output(builder.add("Add", {x, large}));
    Adder adder;
    ASSERT_TRUE(foldConstants(builder.graph, adder));
    EXPECT_EQ(adder.calls, 0);
    EXPECT_EQ(builder.graph.nodes.size(), 2U);
}

TEST(FoldConstants, ManySmallGrowthsShareOneAllowance) {
    GraphBuilder builder;
    ValueId sum = builder.input("x", dims({256}));
    for (int i = 0; i < 10; ++i) sum = builder.add("Add", {sum, builder.add("ConstantOfShape", {builder.ints({256})})});
    builder.output(sum);
    Adder adder;
    ASSERT_TRUE(foldConstants(builder.graph, adder, 3 * 1024));
    int left = 0;
    for (const Node& node : builder.graph.nodes) left += node.op == "ConstantOfShape";
    EXPECT_EQ(left, 7);
}

/// y = conv(x) at one position is Σ w·x + b; the folded filter must give (that − mean)·γ/√(var+ε) + β.
TEST(FoldBatchNorm, ScalesFiltersAndMovesTheBias) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 1, 2}));
    const ValueId weight = builder.floats(Shape{2, 1, 2}, {1, 2, 3, 4});
    const ValueId bias = builder.floats(Shape{2}, {5, 6});
    const ValueId conv = builder.add("Conv", {x, weight, bias});
    const ValueId norm = builder.add("BatchNormalization",
                                     {conv, builder.floats(Shape{2}, {2, 3}), builder.floats(Shape{2}, {0.5F, 0.25F}),
                                      builder.floats(Shape{2}, {1, -1}), builder.floats(Shape{2}, {3, 8})},
                                     {{"epsilon", 1.0F}});
    builder.output(norm);
    builder.graph.nodes[0].treatment.density = 0.5;
    ASSERT_TRUE(foldBatchNorm(builder.graph));
    ASSERT_THAT(operators(builder.graph), ElementsAre("Conv"));
    const Node& node = builder.graph.nodes[0];
    EXPECT_EQ(node.outputs[0], norm);
    EXPECT_EQ(node.name, "Conv_0");
    EXPECT_THAT(node.origins, ElementsAre("Conv_0", "BatchNormalization_1"));
    EXPECT_EQ(node.treatment.density, 0.5);
    // scales: 2/√4 = 1, 3/√9 = 1
    EXPECT_THAT(tensor::toFloats(*builder.graph.constantOf(node.inputs[1])), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(tensor::toFloats(*builder.graph.constantOf(node.inputs[2])), ElementsAre(4.5F, 7.25F));
}

TEST(FoldBatchNorm, SharedWeightsAreCopiedNotChanged) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 1, 2}));
    const ValueId weight = builder.floats(Shape{1, 1, 1}, {3});
    const ValueId one = builder.floats(Shape{1}, {1});
    const ValueId two = builder.floats(Shape{1}, {2});
    const ValueId first = builder.add("Conv", {x, weight});
    const ValueId second = builder.add("Conv", {x, weight});
    builder.output(builder.add("BatchNormalization", {first, two, one, one, one}, {{"epsilon", 0.0F}}));
    builder.output(second);
    ASSERT_TRUE(foldBatchNorm(builder.graph));
    EXPECT_THAT(tensor::toFloats(*builder.graph.constantOf(weight)), ElementsAre(3));
    for (const Node& node : builder.graph.nodes) {
        if (node.inputs.size() == 3) {
            EXPECT_THAT(tensor::toFloats(*builder.graph.constantOf(node.inputs[1])), ElementsAre(6));
            EXPECT_THAT(tensor::toFloats(*builder.graph.constantOf(node.inputs[2])), ElementsAre(-1));
        }
    }
    EXPECT_TRUE(builder.graph.validate());
}

TEST(FoldBatchNorm, StaysAwayFromResultsThatAreReadElsewhere) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 1, 2}));
    const ValueId one = builder.floats(Shape{1}, {1});
    const ValueId conv = builder.add("Conv", {x, builder.floats(Shape{1, 1, 1}, {3})});
    builder.output(builder.add("BatchNormalization", {conv, one, one, one, one}));
    builder.output(conv);
    ASSERT_TRUE(foldBatchNorm(builder.graph));
    EXPECT_THAT(operators(builder.graph), ElementsAre("Conv", "BatchNormalization"));
}

TEST(Simplify, WorksToAFixedPoint) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 1, 4}));
    const ValueId one = builder.floats(Shape{1}, {1});
    const ValueId shift = builder.add("Identity", {builder.add("Add", {one, one})});
    const ValueId conv = builder.add("Identity", {builder.add("Conv", {x, builder.floats(Shape{1, 1, 1}, {3})})});
    const ValueId norm = builder.add("BatchNormalization", {conv, one, shift, one, one});
    builder.output(builder.add("Relu", {builder.add("Dropout", {norm})}));
    Adder adder;
    ASSERT_TRUE(simplify(builder.graph, adder));
    EXPECT_THAT(operators(builder.graph), ElementsAre("Conv", "Relu"));
    EXPECT_TRUE(builder.graph.validate());
}

}  // namespace
}  // namespace trimtab::graph::testing
