// Fusions inside engines: what they take, what they leave, and that origins, names, treatments and weights survive.
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "tests/core/graph/graph_builder.h"

namespace trimtab::graph::testing {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> operators(const Graph& graph) {
    std::vector<std::string> names;
    for (const Node& node : graph.nodes) names.push_back(node.domain.empty() ? node.op : node.domain + "." + node.op);
    return names;
}

void fuseWhole(GraphBuilder& builder) {
    const Status status = fuse(builder.graph);
    ASSERT_TRUE(status) << status.error().text();
    ASSERT_TRUE(builder.graph.validate());
}

TEST(FuseMatMulAdd, TakesTheBiasAndTheRelu) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", "seq", 4}));
    const ValueId weight = builder.zeros(Shape{4, 3});
    const ValueId product = builder.add("MatMul", {x, weight});
    const ValueId sum = builder.add("Add", {builder.zeros(Shape{3}), product});
    const ValueId out = builder.add("Relu", {sum});
    builder.output(out);
    builder.graph.nodes[0].treatment.weightBits = 4;
    fuseWhole(builder);
    ASSERT_THAT(operators(builder.graph), ElementsAre("trimtab.FusedMatMul"));
    const Node& node = builder.graph.nodes[0];
    EXPECT_EQ(node.name, "MatMul_0");
    EXPECT_EQ(node.integer("transB", 7), 0);
    EXPECT_EQ(node.string("activation", "?"), "Relu");
    EXPECT_THAT(node.origins, ElementsAre("MatMul_0", "Add_1", "Relu_2"));
    EXPECT_EQ(node.treatment.weightBits, 4);
    EXPECT_EQ(node.inputs[1], weight);
    EXPECT_EQ(node.outputs[0], out);
    EXPECT_EQ(builder.typeOf(out), "float32[batch, seq, 3]");
}

TEST(FuseMatMulAdd, AMatMulAloneBecomesOneToo) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 4}));
    builder.output(builder.add("MatMul", {x, builder.zeros(Shape{4, 3})}));
    fuseWhole(builder);
    EXPECT_THAT(operators(builder.graph), ElementsAre("trimtab.FusedMatMul"));
    EXPECT_EQ(builder.graph.nodes[0].inputs.size(), 2U);
}

TEST(FuseMatMulAdd, QuantisedWeightsAreShared) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 4}));
    const ValueId weight = builder.zeros(Shape{4, 3});
    builder.output(builder.add("Add", {builder.add("MatMul", {x, weight}), builder.zeros(Shape{3})}));
    auto quantised = std::make_shared<tensor::QuantizedWeight>();
    quantised->originalShape = Shape{4, 3};
    builder.graph.value(weight).constant.reset();
    builder.graph.value(weight).quantized = quantised;
    fuseWhole(builder);
    ASSERT_THAT(operators(builder.graph), ElementsAre("trimtab.FusedMatMul"));
    EXPECT_EQ(builder.graph.value(builder.graph.nodes[0].inputs[1]).quantized, quantised);
}

TEST(FuseMatMulAdd, GemmKeepsItsTranspositionAndFoldsItsFactors) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 2}));
    const ValueId weight = builder.floats(Shape{2, 2}, {1, 2, 3, 4});
    const ValueId bias = builder.floats(Shape{1, 2}, {5, 6});
    builder.output(builder.add("Gemm", {x, weight, bias}, {{"transB", std::int64_t{1}}, {"alpha", 0.5F}, {"beta", 2.0F}}));
    fuseWhole(builder);
    ASSERT_THAT(operators(builder.graph), ElementsAre("trimtab.FusedMatMul"));
    const Node& node = builder.graph.nodes[0];
    EXPECT_EQ(node.integer("transB", 0), 1);
    EXPECT_THAT(builder.graph.constantOf(node.inputs[1])->data<float>(), ElementsAre(0.5F, 1, 1.5F, 2));
    EXPECT_THAT(builder.graph.constantOf(node.inputs[2])->data<float>(), ElementsAre(10, 12));
    EXPECT_EQ(builder.graph.constantOf(node.inputs[2])->shape(), (Shape{2}));
    EXPECT_FALSE(node.has("alpha"));
}

TEST(FuseMatMulAdd, LeavesOtherProductsAlone) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({2, 2}));
    const ValueId matrix = builder.zeros(Shape{2, 2});
    builder.output(builder.add("MatMul", {x, x}));
    builder.output(builder.add("MatMul", {matrix, x}));
    builder.output(builder.add("MatMul", {x, builder.zeros(Shape{3, 2, 2})}));
    builder.output(builder.add("Gemm", {x, matrix}, {{"transA", std::int64_t{1}}}));
    builder.output(builder.add("Gemm", {x, matrix, x}));
    fuseWhole(builder);
    EXPECT_THAT(operators(builder.graph), ElementsAre("MatMul", "MatMul", "MatMul", "Gemm", "Gemm"));
}

TEST(FuseMatMulAdd, ASummandThatIsNoVectorStaysAnAdd) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({2, 2}));
    const ValueId product = builder.add("MatMul", {x, builder.zeros(Shape{2, 2})});
    builder.output(builder.add("Add", {product, builder.zeros(Shape{2, 1})}));
    const ValueId other = builder.add("MatMul", {x, builder.zeros(Shape{2, 2})});
    builder.output(builder.add("Add", {other, builder.zeros(Shape{3, 1, 2})}));
    fuseWhole(builder);
    EXPECT_THAT(operators(builder.graph), ElementsAre("trimtab.FusedMatMul", "Add", "trimtab.FusedMatMul", "Add"));
}

TEST(FuseActivations, AResidualBlockBecomesTwoNodes) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 4, 8, 8}));
    const std::map<std::string, Attribute> same = {{"pads", Ints{1, 1, 1, 1}}};
    const ValueId first = builder.add("Relu", {builder.add("Conv", {x, builder.zeros(Shape{4, 4, 3, 3}), builder.zeros(Shape{4})}, same)});
    const ValueId second = builder.add("Conv", {first, builder.zeros(Shape{4, 4, 3, 3})}, same);
    const ValueId out = builder.add("Relu", {builder.add("Add", {second, x})});
    builder.output(out);
    fuseWhole(builder);
    ASSERT_THAT(operators(builder.graph), ElementsAre("trimtab.FusedConv", "trimtab.FusedConv"));
    const Node& node = builder.graph.nodes[1];
    EXPECT_EQ(node.inputs[2], kNoValue);
    EXPECT_EQ(node.inputs[3], x);
    EXPECT_EQ(node.string("activation", ""), "Relu");
    EXPECT_EQ(node.integers("pads"), (Ints{1, 1, 1, 1}));
    EXPECT_EQ(node.name, "Conv_2");
    EXPECT_THAT(node.origins, ElementsAre("Conv_2", "Add_3", "Relu_4"));
    EXPECT_EQ(builder.typeOf(out), "float32[batch, 4, 8, 8]");
}

TEST(FuseActivations, TwoConvolutionsThatMeetAreBothKept) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 4, 8}));
    const ValueId left = builder.add("Conv", {x, builder.zeros(Shape{2, 4, 1})});
    const ValueId right = builder.add("Conv", {x, builder.zeros(Shape{2, 4, 1})});
    builder.output(builder.add("Add", {left, right}));
    fuseWhole(builder);
    ASSERT_THAT(operators(builder.graph), ElementsAre("trimtab.FusedConv", "trimtab.FusedConv"));
    EXPECT_EQ(builder.graph.nodes[1].inputs[3], right);
    EXPECT_EQ(builder.graph.nodes[0].outputs[0], right);
}

TEST(FuseActivations, ClipCarriesItsLimits) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 4, 8}));
    const ValueId conv = builder.add("Conv", {x, builder.zeros(Shape{2, 4, 1})});
    builder.output(builder.add("Clip", {conv, builder.floats(Shape{}, {0}), builder.floats(Shape{}, {6})}));
    fuseWhole(builder);
    ASSERT_EQ(builder.graph.nodes.size(), 1U);
    EXPECT_EQ(builder.graph.nodes[0].string("activation", ""), "Clip");
    EXPECT_EQ(builder.graph.nodes[0].number("min", -1), 0.0F);
    EXPECT_EQ(builder.graph.nodes[0].number("max", -1), 6.0F);
}

TEST(FuseActivations, NeverCrossesAnOutputOrAValueThatIsReadTwice) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 4, 8}));
    const ValueId shown = builder.add("Conv", {x, builder.zeros(Shape{4, 4, 1})});
    builder.output(shown);
    builder.output(builder.add("Relu", {shown}));
    const ValueId twice = builder.add("Conv", {x, builder.zeros(Shape{4, 4, 1})});
    builder.output(builder.add("Mul", {builder.add("Sigmoid", {twice}), twice}));
    const ValueId doubled = builder.add("Conv", {x, builder.zeros(Shape{4, 4, 1})});
    builder.output(builder.add("Add", {doubled, doubled}));
    fuseWhole(builder);
    EXPECT_THAT(operators(builder.graph),
                ElementsAre("trimtab.FusedConv", "Relu", "trimtab.FusedConv", "trimtab.Silu", "trimtab.FusedConv", "Add"));
}

TEST(FuseActivations, ABroadcastSummandIsNoResidual) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 4, 8}));
    const ValueId gate = builder.input("g", dims({"batch", 4, 1}));
    builder.output(builder.add("Add", {builder.add("Conv", {x, builder.zeros(Shape{4, 4, 1})}), gate}));
    fuseWhole(builder);
    EXPECT_THAT(operators(builder.graph), ElementsAre("trimtab.FusedConv", "Add"));
}

struct RmsForm {
    bool powers;      // Pow(x, 2) or Mul(x, x)
    int normalizing;  // 0 Div, 1 Mul with Reciprocal, 2 Mul with Div(1, ·)
    bool gammaFirst;
    bool casts;       // casts that change nothing around the statistics
};

ValueId buildRms(GraphBuilder& builder, ValueId x, const RmsForm& form) {
    const std::map<std::string, Attribute> toFloat = {{"to", std::int64_t{1}}};
    const ValueId source = form.casts ? builder.add("Cast", {x}, toFloat) : x;
    const ValueId square = form.powers ? builder.add("Pow", {source, builder.floats(Shape{}, {2})}) : builder.add("Mul", {x, x});
    const ValueId mean = builder.add("ReduceMean", {square}, {{"axes", Ints{-1}}});
    const ValueId root = builder.add("Sqrt", {builder.add("Add", {mean, builder.floats(Shape{}, {1e-6F})})});
    ValueId normal = kNoValue;
    if (form.normalizing == 0) normal = builder.add("Div", {x, root});
    if (form.normalizing == 1) normal = builder.add("Mul", {x, builder.add("Reciprocal", {root})});
    if (form.normalizing == 2) normal = builder.add("Mul", {builder.add("Div", {builder.floats(Shape{}, {1}), root}), x});
    if (form.casts) normal = builder.add("Cast", {normal}, toFloat);
    const ValueId gamma = builder.zeros(Shape{8});
    return form.gammaFirst ? builder.add("Mul", {gamma, normal}) : builder.add("Mul", {normal, gamma});
}

TEST(FuseNormalizations, FindsRmsNormInEveryFormExportersWrite) {
    for (int bits = 0; bits < 24; ++bits) {
        const RmsForm form{(bits & 1) != 0, bits / 8, (bits & 2) != 0, (bits & 4) != 0 && (bits & 1) != 0};
        GraphBuilder builder;
        const ValueId x = builder.input("x", dims({"batch", "seq", 8}));
        const ValueId out = buildRms(builder, x, form);
        builder.output(builder.add("Add", {out, x}));
        std::set<std::string> before;
        for (const Node& node : builder.graph.nodes) before.insert(node.name);
        fuseWhole(builder);
        ASSERT_THAT(operators(builder.graph), ElementsAre("trimtab.RMSNormalization", "Add")) << bits;
        const Node& node = builder.graph.nodes[0];
        EXPECT_EQ(node.inputs[0], x);
        EXPECT_EQ(node.outputs[0], out);
        EXPECT_FLOAT_EQ(node.number("epsilon", 0), 1e-6F);
        std::set<std::string> after(node.origins.begin(), node.origins.end());
        after.insert(builder.graph.nodes[1].origins.begin(), builder.graph.nodes[1].origins.end());
        EXPECT_EQ(after, before) << bits;
        EXPECT_EQ(builder.typeOf(out), "float32[batch, seq, 8]");
    }
}

TEST(FuseNormalizations, AnRmsThatIsReadElsewhereStaysAChain) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 8}));
    builder.output(buildRms(builder, x, {true, 0, false, false}));
    builder.output(builder.graph.nodes[3].outputs[0]);  // the root
    fuseWhole(builder);
    EXPECT_EQ(builder.graph.nodes.size(), 6U);
}

TEST(FuseNormalizations, MeansOverOtherAxesAreNoRmsNorm) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({8, 8}));
    builder.output(buildRms(builder, x, {true, 0, false, false}));
    builder.graph.nodes[1].attributes["axes"] = Ints{0};
    fuseWhole(builder);
    EXPECT_EQ(builder.graph.nodes.size(), 6U);
}

ValueId buildLayerNorm(GraphBuilder& builder, ValueId x, bool shifted) {
    const ValueId centred = builder.add("Sub", {x, builder.add("ReduceMean", {x}, {{"axes", Ints{-1}}})});
    const ValueId normal = buildRms(builder, centred, {true, 0, false, false});
    return shifted ? builder.add("Add", {normal, builder.zeros(Shape{8})}) : normal;
}

TEST(FuseNormalizations, FindsLayerNormWithAndWithoutShift) {
    for (const bool shifted : {true, false}) {
        GraphBuilder builder;
        const ValueId x = builder.input("x", dims({"batch", "seq", 8}));
        const ValueId out = buildLayerNorm(builder, x, shifted);
        builder.output(out);
        const std::size_t nodes = builder.graph.nodes.size();
        fuseWhole(builder);
        ASSERT_THAT(operators(builder.graph), ElementsAre("LayerNormalization"));
        const Node& node = builder.graph.nodes[0];
        EXPECT_EQ(node.version, 17);
        EXPECT_EQ(node.integer("axis", 0), -1);
        EXPECT_EQ(node.inputs.size(), shifted ? 3U : 2U);
        EXPECT_EQ(node.inputs[0], x);
        EXPECT_EQ(node.outputs[0], out);
        EXPECT_EQ(node.origins.size(), nodes);
    }
}

TEST(FuseNormalizations, ACentredValueThatIsReadElsewhereLeavesAnRmsNorm) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 8}));
    builder.output(buildLayerNorm(builder, x, true));
    builder.output(builder.add("Exp", {builder.graph.nodes[1].outputs[0]}));
    fuseWhole(builder);
    EXPECT_THAT(operators(builder.graph), ElementsAre("ReduceMean", "Sub", "trimtab.RMSNormalization", "Add", "Exp"));
}

TEST(FuseNormalizations, FindsGeluInEveryOrderOfItsFactors) {
    for (int form = 0; form < 4; ++form) {
        GraphBuilder builder;
        const ValueId x = builder.input("x", dims({"batch", 8}));
        const ValueId half = builder.floats(Shape{}, {0.5F});
        const ValueId shrunk = form % 2 == 0 ? builder.add("Div", {x, builder.floats(Shape{}, {std::sqrt(2.0F)})})
                                             : builder.add("Mul", {builder.floats(Shape{1}, {std::sqrt(0.5F)}), x});
        const ValueId sum = builder.add("Add", {builder.add("Erf", {shrunk}), builder.floats(Shape{}, {1})});
        ValueId out = kNoValue;
        if (form == 0) out = builder.add("Mul", {builder.add("Mul", {x, sum}), half});
        if (form == 1) out = builder.add("Mul", {half, builder.add("Mul", {sum, x})});
        if (form == 2) out = builder.add("Mul", {builder.add("Mul", {x, half}), sum});
        if (form == 3) out = builder.add("Mul", {x, builder.add("Mul", {sum, half})});
        builder.output(out);
        fuseWhole(builder);
        ASSERT_THAT(operators(builder.graph), ElementsAre("trimtab.Gelu")) << form;
        EXPECT_EQ(builder.graph.nodes[0].inputs[0], x);
        EXPECT_EQ(builder.graph.nodes[0].origins.size(), 5U);
    }
}

TEST(FuseNormalizations, FindsSilu) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 8}));
    builder.output(builder.add("Mul", {builder.add("Sigmoid", {x}), x}));
    builder.output(builder.add("Mul", {builder.add("Sigmoid", {x}), builder.add("Exp", {x})}));
    fuseWhole(builder);
    EXPECT_THAT(operators(builder.graph), ElementsAre("trimtab.Silu", "Sigmoid", "Exp", "Mul"));
}

}  // namespace
}  // namespace trimtab::graph::testing
