// Shape arithmetic followed without an evaluator, binding of symbols, and hostile sizes.
#include "tests/core/graph/shape_rules.h"

namespace trimtab::graph::testing {
namespace {

/// Shape → Gather(index) → Unsqueeze, as exporters write one dim.
ValueId dimOf(GraphBuilder& builder, ValueId x, std::int64_t index) {
    const ValueId shape = builder.add("Shape", {x});
    const ValueId picked = builder.add("Gather", {shape, builder.constant(Tensor::fromInt64s(Shape{}, {index}))});
    return builder.add("Unsqueeze", {picked, builder.ints({0})});
}

TEST(ShapeArithmetic, ReshapeThroughShapeGatherConcatKeepsSymbols) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", "seq", 768}));
    const ValueId target =
        builder.add("Concat", {dimOf(builder, x, 0), dimOf(builder, x, 1), builder.ints({12, 64})}, {{"axis", std::int64_t{0}}});
    const ValueId heads = builder.add("Reshape", {x, target});
    const ValueId turned = builder.add("Transpose", {heads}, {{"perm", Ints{0, 2, 1, 3}}});
    EXPECT_EQ(inferred(builder, turned), "float32[batch, 12, seq, 64]");
}

TEST(ShapeArithmetic, ConvMatMulAndReshapeChainsKeepTheBatch) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 3, 32, 32}));
    const ValueId conv = builder.add("Conv", {x, builder.zeros(Shape{8, 3, 3, 3})}, {{"pads", Ints{1, 1, 1, 1}}, {"strides", Ints{2, 2}}});
    const ValueId pooled = builder.add("MaxPool", {conv}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
    const ValueId flat = builder.add(
        "Reshape", {pooled, builder.add("Concat", {dimOf(builder, pooled, 0), builder.ints({-1})}, {{"axis", std::int64_t{0}}})});
    const ValueId out = builder.add("MatMul", {flat, builder.zeros(Shape{512, 10})});
    EXPECT_EQ(inferred(builder, out), "float32[batch, 10]");
    EXPECT_EQ(builder.typeOf(flat), "float32[batch, 512]");
}

TEST(ShapeArithmetic, SumsProductsAndQuotientsOfDims) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", "seq", 768}));
    const ValueId rows = builder.add("Mul", {dimOf(builder, x, 0), dimOf(builder, x, 1)});
    const ValueId target = builder.add("Concat", {rows, builder.add("Div", {dimOf(builder, x, 2), builder.ints({2})}), builder.ints({2})},
                                       {{"axis", std::int64_t{0}}});
    EXPECT_EQ(inferred(builder, builder.add("Reshape", {x, target})), "float32[batch*seq, 384, 2]");
    const ValueId past = builder.input("p", dims({"past"}));
    const ValueId total = builder.add("Add", {dimOf(builder, past, 0), dimOf(builder, x, 1)});
    EXPECT_EQ(inferred(builder, builder.add("ConstantOfShape", {total})), "float32[past + seq]");
    const ValueId scalar = builder.add("Squeeze", {total});
    const ValueId positions = builder.add(
        "Range", {builder.constant(Tensor::fromInt64s(Shape{}, {0})), scalar, builder.constant(Tensor::fromInt64s(Shape{}, {1}))});
    EXPECT_EQ(inferred(builder, positions), "int64[past + seq]");
}

TEST(ShapeArithmetic, SliceUpToASymbolTakesThatSymbol) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", "seq", 64}));
    const ValueId table = builder.zeros(Shape{2048, 64});
    const ValueId cut = builder.add("Slice", {table, builder.ints({0}), dimOf(builder, x, 1), builder.ints({0})});
    EXPECT_EQ(inferred(builder, cut), "float32[seq, 64]");
    EXPECT_EQ(inferred(builder, builder.add("Mul", {x, cut})), "float32[batch, seq, 64]");
}

TEST(ShapeArithmetic, ExpandWithMinusOneMaskedByWhere) {
    // expand(-1, 4) as exporters write it: −1 is replaced by 1 where the target equals −1.
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 1}));
    const ValueId target = builder.add("Concat", {dimOf(builder, x, 0), builder.ints({4})}, {{"axis", std::int64_t{0}}});
    const ValueId ones = builder.add("ConstantOfShape", {builder.ints({2})}, {{"value", Tensor::fromInt64s(Shape{1}, {1})}});
    const ValueId minus = builder.add("Mul", {ones, builder.constant(Tensor::fromInt64s(Shape{}, {-1}))});
    const ValueId chosen = builder.add("Where", {builder.add("Equal", {target, minus}), ones, target});
    EXPECT_EQ(inferred(builder, builder.add("Expand", {x, chosen})), "float32[batch, 4]");
}

TEST(ShapeArithmetic, ScaledSizesThroughFloats) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 3, 5, 6}));
    const ValueId sizes = builder.add("Slice", {builder.add("Shape", {x}), builder.ints({2}), builder.ints({4})});
    const ValueId real = builder.add("Cast", {sizes}, {{"to", std::int64_t{1}}});
    const ValueId half = builder.add("Floor", {builder.add("Mul", {real, builder.floats(Shape{1}, {0.5F})})});
    const ValueId whole = builder.add("Cast", {half}, {{"to", std::int64_t{7}}});
    const ValueId front = builder.add("Slice", {builder.add("Shape", {x}), builder.ints({0}), builder.ints({2})});
    const ValueId target = builder.add("Concat", {front, whole}, {{"axis", std::int64_t{0}}});
    EXPECT_EQ(inferred(builder, builder.add("Resize", {x, kNoValue, kNoValue, target})), "float32[n, 3, 2, 3]");
}

TEST(ShapeArithmetic, PadsReorderedByReshapeSliceAndTranspose) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({1, 2, 3}));
    const ValueId list = builder.add("Reshape", {builder.add("Identity", {builder.ints({5, 6, 3, 4, 1, 2})}), builder.ints({-1, 2})});
    const ValueId reversed =
        builder.add("Slice", {list, builder.ints({-1}), builder.ints({-INT64_MAX}), builder.ints({0}), builder.ints({-1})});
    const ValueId turned = builder.add("Transpose", {reversed}, {{"perm", Ints{1, 0}}});
    const ValueId pads = builder.add("Reshape", {turned, builder.ints({-1})});
    // Pairs (5,6) (3,4) (1,2) reversed give begins 1,3,5 and ends 2,4,6.
    EXPECT_EQ(inferred(builder, builder.add("Pad", {x, pads})), "float32[4, 9, 14]");
}

TEST(Inference, AsksForEachOpenSymbolOnce) {
    GraphBuilder builder;
    builder.input("ids", dims({"batch", "seq"}), DataType::Int64);
    builder.input("mask", dims({"batch", -1}), DataType::Int64);
    EXPECT_EQ(openSymbols(builder.graph), (std::vector<std::string>{"batch", "seq", "mask:1"}));
}

TEST(Inference, BindingMakesEverythingConcrete) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", "seq", 8}));
    const ValueId flat = builder.add("Reshape", {x, builder.ints({-1, 8})});
    builder.output(flat);
    EXPECT_EQ(inferred(builder, flat), "float32[batch*seq, 8]");
    Graph bound = builder.graph;
    ASSERT_TRUE(bindInputShapes(bound, {{"x", Shape{2, 5, 8}}}));
    EXPECT_EQ(bound.value(flat).type.text(), "float32[10, 8]");
    EXPECT_TRUE(openSymbols(bound).empty());
    ASSERT_TRUE(bindInputShapes(builder.graph, {{"x", Shape{3, 1, 8}}}));
    EXPECT_EQ(builder.typeOf(flat), "float32[3, 8]");
}

TEST(Inference, RefusesBindingsThatContradict) {
    GraphBuilder builder;
    builder.input("x", dims({"batch", 8}));
    builder.input("y", dims({"batch", 4}));
    const auto bind = [&](const std::map<std::string, Shape>& shapes) {
        Graph graph = builder.graph;
        const Status status = bindInputShapes(graph, shapes);
        return status ? std::string("bound") : "refused: " + status.error().text();
    };
    EXPECT_EQ(bind({{"x", Shape{2, 8}}, {"y", Shape{2, 4}}}), "bound");
    EXPECT_REFUSED(bind({{"x", Shape{2, 8}}, {"y", Shape{3, 4}}}), "already 2");
    EXPECT_REFUSED(bind({{"x", Shape{2, 9}}}), "must be 8");
    EXPECT_REFUSED(bind({{"x", Shape{2}}}), "number of axes");
    EXPECT_REFUSED(bind({{"z", Shape{2}}}), "no input named z");
    EXPECT_REFUSED(bind({{"x", Shape{-1, 8}}}), "impossible");
}

TEST(Inference, AFrozenDimInTheFileDoesNotOverrideAnInputThatVaries) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 8}));
    const ValueId y = builder.add("Relu", {x});
    builder.graph.value(y).type = ValueType::of(DataType::Float32, Shape{1, 8});
    EXPECT_EQ(inferred(builder, y), "float32[batch, 8]");
    ASSERT_TRUE(bindInputShapes(builder.graph, {{"x", Shape{4, 8}}}));
    EXPECT_EQ(builder.typeOf(y), "float32[4, 8]");
}

TEST(Inference, UnknownOperatorsLeaveOutputsAsDeclared) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"batch", 8}));
    const ValueId y = builder.add("Mystery", {x}, {}, "org.example");
    builder.graph.value(y).type.type = DataType::Float32;
    builder.graph.value(y).type.dims = dims({"batch", 3});
    EXPECT_EQ(inferred(builder, builder.add("Relu", {y})), "float32[batch, 3]");
    EXPECT_FALSE(hasShapeRule(builder.graph.nodes[0]));
    EXPECT_TRUE(hasShapeRule(builder.graph.nodes[1]));
    ASSERT_TRUE(bindInputShapes(builder.graph, {{"x", Shape{4, 8}}}));
    EXPECT_EQ(builder.typeOf(y), "float32[4, 3]");
}

TEST(Inference, RefusesDeclarationsThatContradict) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({2, 8}));
    const ValueId y = builder.add("Relu", {x});
    builder.graph.value(y).type = ValueType::of(DataType::Float32, Shape{2, 9});
    EXPECT_REFUSED(inferred(builder, y), "Relu_0");
    builder.graph.value(y).type = ValueType::of(DataType::Int64, Shape{2, 8});
    EXPECT_REFUSED(inferred(builder, y), "declared int64");
}

TEST(Inference, RefusesImpossibleSizesWithoutAllocating) {
    constexpr std::int64_t kHuge = std::int64_t{1} << 40;
    const auto constantOfShape = [](Ints shape) {
        GraphBuilder builder;
        return inferred(builder, builder.add("ConstantOfShape", {builder.ints(shape)}));
    };
    EXPECT_REFUSED(constantOfShape({kHuge, kHuge}), "too large");
    EXPECT_REFUSED(constantOfShape({-1}), "impossible");
    EXPECT_REFUSED(constantOfShape({std::int64_t{1} << 61}), "too large");
    EXPECT_EQ(constantOfShape({std::int64_t{1} << 60}), "float32[1152921504606846976]");
    EXPECT_REFUSED(inferWithInts("Tile", dims({"n", 1000000}), {1, INT64_MAX}), "impossible");
    EXPECT_REFUSED(inferWithInts("Expand", dims({1}), {kHuge, kHuge}), "too large");
    EXPECT_REFUSED(inferWithInts("Pad", dims({5}), {INT64_MAX, 1}), "impossible");
    EXPECT_REFUSED(inferUnary("Relu", dims({"n", 1 << 30, 1 << 30, 1 << 30})), "too large");
    EXPECT_REFUSED(inferUnary("DepthToSpace", dims({1, 4, 4, 4}), {{"blocksize", INT64_MAX}}), "");
    EXPECT_REFUSED(inferUnary("RandomNormal", {}, {{"shape", Ints{-3}}}), "impossible");
}

}  // namespace
}  // namespace trimtab::graph::testing
