// Elementwise operators, products, normalisations and reductions.
#include "core/base/random.h"
#include "tests/core/graph/shape_rules.h"

namespace trimtab::graph::testing {
namespace {

TEST(ElementwiseShape, UnaryOperatorsKeepEverything) {
    for (const char* op : {"Relu", "Sigmoid", "Erf", "Sqrt", "Softmax", "Clip", "Elu", "Tanh", "LRN", "CumSum", "Identity", "Dropout"}) {
        EXPECT_EQ(inferUnary(op, dims({"batch", 7, -1})), "float32[batch, 7, x:2]") << op;
    }
}

TEST(ElementwiseShape, BroadcastsAsNumPyDoes) {
    EXPECT_EQ(inferBinary("Add", dims({"batch", 1, 5}), dims({4, 1})), "float32[batch, 4, 5]");
    EXPECT_EQ(inferBinary("Mul", dims({2, 3}), {}), "float32[2, 3]");
    EXPECT_EQ(inferBinary("Sub", dims({"s", "s"}), dims({"s", 1})), "float32[s, s]");
    EXPECT_REFUSED(inferBinary("Div", dims({2, 3}), dims({2, 4})), "do not broadcast");
}

TEST(ElementwiseShape, DifferentSymbolsBroadcastToSomethingUnknown) {
    EXPECT_EQ(inferBinary("Add", dims({"a", 3}), dims({"b", 3})), "float32[?, 3]");
    EXPECT_EQ(inferBinary("Add", dims({"a", 3}), dims({8, 3})), "float32[8, 3]");
}

/// An index space is compatible exactly when every pair of trailing dims is equal or holds a 1.
TEST(ElementwiseShape, BroadcastingAgreesWithItsDefinition) {
    base::Random random(11);
    for (int round = 0; round < 300; ++round) {
        std::vector<Dim> a(random.below(4));
        std::vector<Dim> b(random.below(4));
        for (auto* side : {&a, &b}) {
            for (Dim& dim : *side) dim = Dim::known(static_cast<std::int64_t>(random.below(3)));
        }
        std::string expected = "]";
        bool fits = true;
        for (std::size_t i = 1; i <= std::max(a.size(), b.size()); ++i) {
            const std::int64_t left = i <= a.size() ? a[a.size() - i].extent : 1;
            const std::int64_t right = i <= b.size() ? b[b.size() - i].extent : 1;
            fits = fits && (left == right || left == 1 || right == 1);
            expected = (i == std::max(a.size(), b.size()) ? "" : ", ") + std::to_string(left == 1 ? right : left) + expected;
        }
        const std::string got = inferBinary("Add", a, b);
        if (fits) {
            EXPECT_EQ(got, (a.empty() && b.empty() ? "float32[]" : "float32[" + expected));
        } else {
            EXPECT_REFUSED(got, "broadcast");
        }
    }
}

TEST(ElementwiseShape, ComparisonsGiveBooleans) { EXPECT_EQ(inferBinary("Greater", dims({"n", 4}), dims({4})), "bool[n, 4]"); }

TEST(ElementwiseShape, OldBroadcastingTakesTheShapeOfTheFirstInput) {
    EXPECT_EQ(inferBinary("Add", dims({2, 3, 4, 5}), dims({3, 4}), {{"broadcast", std::int64_t{1}}, {"axis", std::int64_t{1}}}, 6),
              "float32[2, 3, 4, 5]");
}

TEST(ElementwiseShape, WhereTakesTheTypeOfItsBranches) {
    GraphBuilder builder;
    const ValueId c = builder.input("c", dims({"n", 1}), DataType::Bool);
    const ValueId x = builder.input("x", dims({4}));
    const ValueId y = builder.input("y", dims({}));
    EXPECT_EQ(inferred(builder, builder.add("Where", {c, x, y})), "float32[n, 4]");
}

TEST(ElementwiseShape, CastChangesTheTypeOnly) { EXPECT_EQ(inferUnary("Cast", dims({"n", 4}), {{"to", std::int64_t{7}}}), "int64[n, 4]"); }

TEST(ProductShape, MatMulBroadcastsItsBatch) {
    EXPECT_EQ(inferBinary("MatMul", dims({"batch", 12, "seq", 64}), dims({"batch", 12, 64, "seq"})), "float32[batch, 12, seq, seq]");
    EXPECT_EQ(inferBinary("MatMul", dims({"batch", "seq", 768}), dims({768, 3072})), "float32[batch, seq, 3072]");
    EXPECT_EQ(inferBinary("MatMul", dims({4}), dims({4})), "float32[]");
    EXPECT_EQ(inferBinary("MatMul", dims({2, 4}), dims({4})), "float32[2]");
    EXPECT_EQ(inferBinary("MatMul", dims({4}), dims({7, 4, 3})), "float32[7, 3]");
    EXPECT_REFUSED(inferBinary("MatMul", dims({2, 4}), dims({5, 3})), "inner extents");
    EXPECT_REFUSED(inferBinary("MatMul", dims({}), dims({5, 3})), "scalar");
}

TEST(ProductShape, GemmTransposesAsItIsTold) {
    EXPECT_EQ(inferBinary("Gemm", dims({"n", 5}), dims({3, 5}), {{"transB", std::int64_t{1}}}), "float32[n, 3]");
    EXPECT_EQ(inferBinary("Gemm", dims({5, "n"}), dims({5, 3}), {{"transA", std::int64_t{1}}}), "float32[n, 3]");
    EXPECT_REFUSED(inferBinary("Gemm", dims({"n", 5}), dims({3, 5})), "inner extents");
    EXPECT_REFUSED(inferBinary("Gemm", dims({1, "n", 5}), dims({5, 3})), "matrices");
}

TEST(ProductShape, IntegerProductsHaveTheirOwnTypes) {
    GraphBuilder builder;
    const ValueId a = builder.input("a", dims({"n", 8}), DataType::UInt8);
    const ValueId w = builder.zeros(Shape{8, 3}, DataType::Int8);
    EXPECT_EQ(inferred(builder, builder.add("MatMulInteger", {a, w})), "int32[n, 3]");
    const ValueId scale = builder.floats(Shape{}, {0.1F});
    const ValueId zero = builder.zeros(Shape{}, DataType::Int8);
    EXPECT_EQ(inferred(builder, builder.add("QLinearMatMul", {a, scale, zero, w, scale, zero, scale, zero})), "int8[n, 3]");
}

TEST(ProductShape, PackedWeightsTellTheirExtentsByAttribute) {
    GraphBuilder builder;
    const ValueId a = builder.input("a", dims({"b", "s", 64}));
    const ValueId packed = builder.zeros(Shape{16, 2, 16}, DataType::UInt8);
    const ValueId scales = builder.zeros(Shape{32});
    EXPECT_EQ(inferred(builder,
                       builder.add(
                           "MatMulNBits", {a, packed, scales},
                           {{"K", std::int64_t{64}}, {"N", std::int64_t{16}}, {"bits", std::int64_t{4}}, {"block_size", std::int64_t{32}}},
                           "com.microsoft")),
              "float32[b, s, 16]");
}

TEST(ProductShape, EinsumReadsItsEquation) {
    const auto einsum = [](const char* equation, std::vector<Dim> a, std::vector<Dim> b) {
        return inferBinary("Einsum", std::move(a), std::move(b), {{"equation", std::string(equation)}});
    };
    EXPECT_EQ(einsum("bhid,bhjd->bhij", dims({"b", 8, "i", 64}), dims({"b", 8, "j", 64})), "float32[b, 8, i, j]");
    EXPECT_EQ(einsum("...ij,...jk->...ik", dims({"b", 2, 3, 4}), dims({4, 5})), "float32[b, 2, 3, 5]");
    EXPECT_EQ(einsum("ij,jk", dims({3, 4}), dims({4, 5})), "float32[3, 5]");
    EXPECT_REFUSED(einsum("ij,jk->ik", dims({3, 4}), dims({5, 6})), "extents of j");
    EXPECT_REFUSED(einsum("ij->ij", dims({3, 4}), dims({5, 6})), "too few");
    EXPECT_REFUSED(einsum("ij,jk,kl->il", dims({3, 4}), dims({4, 6})), "too many");
    EXPECT_REFUSED(einsum("i?,jk->ik", dims({3, 4}), dims({4, 6})), "letter");
}

TEST(NormalizationShape, KeepsTheInputAndChecksTheChannels) {
    GraphBuilder builder;
    const ValueId x = builder.input("x", dims({"n", 4, 9}));
    const ValueId four = builder.zeros(Shape{4});
    const ValueId five = builder.zeros(Shape{5});
    EXPECT_EQ(inferred(builder, builder.add("BatchNormalization", {x, four, four, four, four})), "float32[n, 4, 9]");
    const auto norm = builder.addMany("LayerNormalization", {x, builder.zeros(Shape{9})}, 3);
    EXPECT_EQ(inferred(builder, norm[0]), "float32[n, 4, 9]");
    EXPECT_EQ(builder.typeOf(norm[1]), "float32[n, 4, 1]");
    EXPECT_REFUSED(inferred(builder, builder.add("BatchNormalization", {x, five, five, five, five})), "channels");
}

TEST(ReductionShape, AxesMayBeAttributeOrInput) {
    EXPECT_EQ(inferUnary("ReduceMean", dims({"n", 3, 4}), {{"axes", Ints{-1}}}, 13), "float32[n, 3, 1]");
    EXPECT_EQ(inferUnary("ReduceMean", dims({"n", 3, 4}), {{"axes", Ints{1}}, {"keepdims", std::int64_t{0}}}, 13), "float32[n, 4]");
    EXPECT_EQ(inferWithInts("ReduceSum", dims({"n", 3, 4}), {0, 2}, {{"keepdims", std::int64_t{0}}}), "float32[3]");
    EXPECT_EQ(inferUnary("ReduceMax", dims({"n", 3}), {{"keepdims", std::int64_t{0}}}), "float32[]");
    EXPECT_EQ(inferUnary("ReduceSum", dims({"n", 3}), {{"noop_with_empty_axes", std::int64_t{1}}}), "float32[n, 3]");
    EXPECT_REFUSED(inferUnary("ReduceMean", dims({"n", 3}), {{"axes", Ints{2}}}, 13), "axis 2");
    EXPECT_REFUSED(inferUnary("ReduceMean", dims({"n", 3}), {{"axes", Ints{1, -1}}}, 13), "twice");
}

TEST(ReductionShape, PositionsAndSelections) {
    EXPECT_EQ(inferUnary("ArgMax", dims({"n", 10}), {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}}), "int64[n]");
    EXPECT_EQ(inferWithInts("TopK", dims({"n", 10}), {5}), "float32[n, 5]");
    EXPECT_REFUSED(inferWithInts("TopK", dims({"n", 10}), {11}), "k is 11");
}

}  // namespace
}  // namespace trimtab::graph::testing
