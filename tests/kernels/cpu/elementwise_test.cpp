// Element-wise operators against the reference: every broadcast pattern, tails, one row, empty tensors.
#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {
namespace {

class UnaryOperators : public testing::TestWithParam<const char*> {};

TEST_P(UnaryOperators, AgreeWithTheReferenceOnEveryLength) {
    const std::string op = GetParam();
    for (const std::int64_t length : {0, 1, 15, 16, 17, 63, 1000, 40001}) {
        GraphMaker maker;
        const auto x = maker.input("x", Shape{length});
        const bool fused = op == "Silu";
        maker.output(maker.node(op, {x}, {}, fused ? "trimtab" : op == "FastGelu" ? "com.microsoft" : ""));
        Tensor values = normalTensor(Shape{length}, 7, 3.0);
        if (op == "Sqrt") {
            for (float& value : values.mutableData<float>()) value = value * value;
        }
        expectLikeReference(maker.finish(), {{"x", values}}, {2e-6, 1e-6});
    }
}

INSTANTIATE_TEST_SUITE_P(Each, UnaryOperators,
                         testing::Values("Abs", "Neg", "Relu", "LeakyRelu", "Sigmoid", "HardSigmoid", "HardSwish", "Tanh", "Erf", "Exp",
                                         "Sqrt", "Elu", "Floor", "Ceil", "Silu", "FastGelu"));

TEST(UnaryLoops, KeepInfinitiesAndNaN) {
    const float infinity = std::numeric_limits<float>::infinity();
    const std::vector<float> awkward{infinity, -infinity, std::nanf(""), 0.0F, -0.0F, 88.0F, -88.0F, 100.0F, -104.0F, 1e-30F};
    for (const char* op : {"Relu", "Sigmoid", "Tanh", "Exp", "Erf", "Neg"}) {
        GraphMaker maker;
        maker.output(maker.node(op, {maker.input("x", Shape{10})}));
        expectLikeReference(maker.finish(), {{"x", Tensor::fromFloats(Shape{10}, awkward)}}, {2e-6, 1e-6});
    }
}

TEST(UnaryLoops, ClipTakesItsBoundsFromConstants) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{3, 37});
    maker.output(maker.node("Clip", {x, maker.constant(Tensor::scalar(-0.5F)), maker.constant(Tensor::scalar(1.25F))}));
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 37}, 3, 2.0)}}, {0, 0});
    EXPECT_EQ(layerOf(layers, "Clip").kernel, "vector loop");
}

struct Broadcast {
    Shape a;
    Shape b;
};
class BinaryOperators : public testing::TestWithParam<const char*> {};

TEST_P(BinaryOperators, AgreeWithTheReferenceOnEveryBroadcast) {
    const std::vector<Broadcast> patterns{{{5, 7}, {5, 7}},       {{5, 7}, {7}}, {{5, 7}, {5, 1}},          {{5, 1}, {1, 7}},
                                          {{1}, {3, 4, 5}},       {{}, {2, 9}},  {{2, 3, 4, 5}, {3, 1, 1}}, {{2, 3, 4, 5}, {1, 3, 1, 5}},
                                          {{4, 1, 6}, {4, 5, 1}}, {{0, 3}, {3}}, {{300, 301}, {301}},       {{300, 301}, {300, 301}}};
    for (const auto& [a, b] : patterns) {
        GraphMaker maker;
        maker.output(maker.node(GetParam(), {maker.input("a", a), maker.input("b", b)}));
        Tensor right = normalTensor(b, 12);
        for (float& value : right.mutableData<float>()) value += value < 0 ? -0.5F : 0.5F;
        const auto layers = expectLikeReference(maker.finish(), {{"a", normalTensor(a, 11)}, {"b", right}}, {1e-6, 1e-6});
        EXPECT_EQ(layerOf(layers, GetParam()).kernel, "vector loop") << a.text() << b.text();
    }
}

INSTANTIATE_TEST_SUITE_P(Each, BinaryOperators, testing::Values("Add", "Sub", "Mul", "Div", "Min", "Max"));

TEST(BinaryLoops, MayReadOneTensorTwiceWhileItIsOverwritten) {
    // x is nobody's afterwards, so the product may be written over it; its broadcast view must not be read from there.
    GraphMaker maker;
    const auto x = maker.input("x", Shape{4, 4});
    const auto y = maker.node("Relu", {x});
    const auto square = maker.node("Mul", {y, y});
    const auto flat = maker.node("Reshape", {square, maker.constant(Tensor::fromInt64s(Shape{2}, {16, 1}))});
    const auto row = maker.node("Reshape", {square, maker.constant(Tensor::fromInt64s(Shape{2}, {1, 16}))});
    maker.output(maker.node("Sub", {flat, row}));
    expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{4, 4}, 5)}});
}

TEST(Power, SquaresRootsAndReciprocalsHaveALoopOthersTheReference) {
    for (const float exponent : {2.0F, 0.5F, -1.0F, 1.0F, 3.0F}) {
        GraphMaker maker;
        maker.output(maker.node("Pow", {maker.input("x", Shape{33}), maker.constant(Tensor::scalar(exponent))}));
        Tensor x = normalTensor(Shape{33}, 4);
        for (float& value : x.mutableData<float>()) value = std::abs(value) + 0.1F;
        const auto layers = expectLikeReference(maker.finish(), {{"x", x}}, {1e-6, 1e-6});
        EXPECT_EQ(layerOf(layers, "Pow").kernel, exponent == 3.0F ? "reference" : "vector loop");
    }
}

TEST(Where, ChoosesWithBroadcastingOverAllThree) {
    const std::vector<std::array<Shape, 3>> patterns{{Shape{4, 9}, Shape{4, 9}, Shape{4, 9}},
                                                     {Shape{1, 9}, Shape{4, 1}, Shape{}},
                                                     {Shape{4, 1}, Shape{9}, Shape{4, 9}},
                                                     {Shape{2, 1, 5, 5}, Shape{2, 3, 5, 5}, Shape{1}}};
    for (const auto& [c, a, b] : patterns) {
        GraphMaker maker;
        const auto condition = maker.input("c", DataType::Bool, graph::ValueType::of(DataType::Bool, c).dims.value());
        maker.output(maker.node("Where", {condition, maker.input("a", a), maker.input("b", b)}));
        base::Random random(9);
        std::vector<std::uint8_t> coins(static_cast<std::size_t>(c.elementCount()));
        for (auto& coin : coins) coin = static_cast<std::uint8_t>(random.below(2));
        const auto layers = expectLikeReference(
            maker.finish(), {{"c", Tensor::fromValues(DataType::Bool, c, coins)}, {"a", normalTensor(a, 1)}, {"b", normalTensor(b, 2)}},
            {0, 0});
        EXPECT_EQ(layerOf(layers, "Where").kernel, "vector loop");
    }
}

}  // namespace
}  // namespace trimtab::test
