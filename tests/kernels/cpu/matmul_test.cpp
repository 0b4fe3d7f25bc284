// Matrix products in fp32 against the reference.
#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {
namespace {

constexpr Tolerance kProduct{1e-6, 2e-5};

TEST(MatMul, AgreesWithTheReferenceForEveryNumberOfRows) {
    for (const auto& [k, n] : {std::pair<std::int64_t, std::int64_t>{1, 1}, {7, 5}, {64, 64}, {33, 130}, {257, 31}}) {
        for (const std::int64_t m : {1, 2, 3, 7, 16, 17, 65}) {
            GraphMaker maker;
            const auto x = maker.input("x", Shape{m, k});
            maker.output(maker.node("MatMul", {x, maker.constant(normalTensor(Shape{k, n}, 2))}));
            const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{m, k}, 1)}}, kProduct);
            const std::string& kernel = layers.front().kernel;
            if (m <= 8) EXPECT_EQ(kernel.find("few-row fp32"), 0U) << kernel << layers.front().reason;
            else EXPECT_TRUE(kernel.find("onednn matmul") == 0 || kernel.find("panel fp32") == 0) << kernel << layers.front().reason;
        }
    }
}

TEST(MatMul, FusesBiasAndReluOverLeadingAxes) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{2, 5, 24});
    const auto product = maker.node("MatMul", {x, maker.constant(normalTensor(Shape{24, 40}, 2))});
    const auto sum = maker.node("Add", {product, maker.constant(normalTensor(Shape{40}, 3))});
    maker.output(maker.node("Relu", {sum}));
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{2, 5, 24}, 1)}}, kProduct);
    ASSERT_EQ(layers.size(), 1U);
    EXPECT_EQ(layers.front().op, "FusedMatMul");
}

TEST(MatMul, BroadcastsBatchesOfTwoActivations) {
    const std::vector<std::pair<Shape, Shape>> pairs{{{2, 3, 4, 5}, {2, 3, 5, 6}},
                                                     {{2, 3, 4, 5}, {1, 3, 5, 6}},
                                                     {{3, 4, 5}, {5, 2}},
                                                     {{4, 5}, {3, 5, 2}},
                                                     {{5}, {5, 3}},
                                                     {{2, 4, 5}, {5}},
                                                     {{5}, {5}},
                                                     {{1, 1, 1}, {1, 1, 1}}};
    for (const auto& [a, b] : pairs) {
        GraphMaker maker;
        maker.output(maker.node("MatMul", {maker.input("a", a), maker.input("b", b)}));
        const auto layers = expectLikeReference(maker.finish(), {{"a", normalTensor(a, 1)}, {"b", normalTensor(b, 2)}}, kProduct);
        EXPECT_NE(layers.front().kernel.find("onednn matmul"), std::string::npos) << a.text() << b.text() << layers.front().reason;
    }
}

TEST(Gemm, TakesBothOrientationsAndEveryBias) {
    for (const std::int64_t transB : {0, 1}) {
        for (const Shape& bias : {Shape{9}, Shape{1, 9}, Shape{1}, Shape{6, 9}, Shape{6, 1}}) {
            for (const float alpha : {1.0F, 0.5F}) {
                GraphMaker maker;
                const auto x = maker.input("x", Shape{6, 20});
                const auto w = maker.constant(normalTensor(transB ? Shape{9, 20} : Shape{20, 9}, 2));
                maker.output(maker.node("Gemm", {x, w, maker.constant(normalTensor(bias, 3))}, {{"transB", transB}, {"alpha", alpha}}));
                expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{6, 20}, 1)}}, kProduct);
            }
        }
    }
}

TEST(Gemm, TransposesItsFirstOperandThroughTheReference) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{20, 6});
    maker.output(maker.node("Gemm", {x, maker.constant(normalTensor(Shape{20, 9}, 2))}, {{"transA", std::int64_t{1}}}));
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{20, 6}, 1)}}, kProduct);
    EXPECT_NE(layers.front().reason.find("transposed"), std::string::npos);
}

TEST(MatMul, SharesOneWeightBetweenTwoOrientations) {
    // Tied embeddings: one matrix, read as [n, k] here and as [k, n] there.
    GraphMaker maker;
    const auto w = maker.constant(normalTensor(Shape{12, 12}, 2));
    const auto x = maker.input("x", Shape{3, 12});
    const auto first = maker.node("Gemm", {x, w}, {{"transB", std::int64_t{1}}});
    maker.output(maker.node("MatMul", {first, w}));
    expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 12}, 1)}}, kProduct);
}

}  // namespace
}  // namespace trimtab::test
