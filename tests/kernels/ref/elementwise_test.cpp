#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/tensor/convert.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

using ::testing::ElementsAre;
using tensor::toFloats;
using tensor::toInt64s;

Tensor typed(DataType type, Shape shape, const Ints& values) {
    return *tensor::convert(Tensor::fromInt64s(std::move(shape), values), type);
}

TEST(Elementwise, BroadcastsBothWaysOverThreeAxes) {
    const Tensor a = ramp({2, 1, 3}), b = ramp({4, 1}, 10, 10);
    const Tensor sum = first(node("Add", 14), {a, b});
    ASSERT_EQ(sum.shape(), (Shape{2, 4, 3}));
    for (std::int64_t i = 0; i < 2; ++i)
        for (std::int64_t j = 0; j < 4; ++j)
            for (std::int64_t k = 0; k < 3; ++k)
                EXPECT_EQ(sum.data<float>()[static_cast<std::size_t>((i * 4 + j) * 3 + k)], static_cast<float>(i * 3 + k + 10 + j * 10));
}

TEST(Elementwise, AlignsTheSecondInputAtAnAxisBeforeOpset7) {
    const Tensor sum = first(node("Add", 6, {{"broadcast", std::int64_t{1}}, {"axis", std::int64_t{0}}}),
                             {floats({2, 2}, {0, 0, 0, 0}), floats({2}, {1, 2})});
    EXPECT_THAT(toFloats(sum), ElementsAre(1, 1, 2, 2));
}

TEST(Elementwise, WrapsIntegersAndKeepsUnsignedOrder) {
    EXPECT_THAT(toInt64s(first(node("Add", 14), {typed(DataType::Int8, {2}, {127, -128}), typed(DataType::Int8, {2}, {1, -1})})),
                ElementsAre(-128, 127));
    EXPECT_THAT(toInt64s(first(node("Sub", 14), {typed(DataType::UInt8, {1}, {1}), typed(DataType::UInt8, {1}, {2})})), ElementsAre(255));
    const Tensor huge = typed(DataType::UInt64, {1}, {-1}), small = typed(DataType::UInt64, {1}, {1});
    EXPECT_THAT(toInt64s(first(node("Greater", 13), {huge, small})), ElementsAre(1));
}

TEST(Elementwise, DividesIntegersTowardsZeroAndRefusesZero) {
    const auto minimum = std::numeric_limits<std::int64_t>::min();
    EXPECT_THAT(toInt64s(first(node("Div", 14), {ints({-7, 7, minimum}), ints({2, -2, -1})})), ElementsAre(-3, -3, minimum));
    EXPECT_EQ(refusal(node("Div", 14), {ints({1}), ints({0})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Mod", 13), {ints({1}), ints({0})}), ErrorCode::Refused);
}

TEST(Elementwise, GivesModTheSignOfTheDivisorUnlessItIsFmod) {
    EXPECT_THAT(toInt64s(first(node("Mod", 13), {ints({-4, 7, 5, 4}), ints({2, -3, 8, -3})})), ElementsAre(0, -2, 5, -2));
    EXPECT_THAT(toInt64s(first(node("Mod", 13, {{"fmod", std::int64_t{1}}}), {ints({-4, 7, -5}), ints({3, -3, 8})})),
                ElementsAre(-1, 1, -5));
}

TEST(Elementwise, RaisesIntegersToIntegerPowers) {
    EXPECT_THAT(toInt64s(first(node("Pow", 15), {ints({2, -3, 2, -1}), ints({10, 3, -1, -3})})), ElementsAre(1024, -27, 0, -1));
}

TEST(Elementwise, RoundsHalvesToTheEvenNeighbour) {
    EXPECT_THAT(toFloats(first(node("Round", 11), {floats({6}, {0.5F, 1.5F, 2.5F, -0.5F, -1.5F, 2.4F})})), ElementsAre(0, 2, 2, 0, -2, 2));
}

TEST(Elementwise, KeepsSigmoidAndSoftplusFiniteFarOut) {
    const Tensor x = floats({2}, {-1000, 1000});
    EXPECT_THAT(toFloats(first(node("Sigmoid", 13), {x})), ElementsAre(0, 1));
    EXPECT_THAT(toFloats(first(node("Softplus", 1), {x})), ElementsAre(0, 1000));
}

TEST(Elementwise, ClipsByAttributesBeforeOpset11AndByInputsSince) {
    const Tensor x = floats({3}, {-2, 0.5F, 2});
    EXPECT_THAT(toFloats(first(node("Clip", 6, {{"min", -1.0F}, {"max", 1.0F}}), {x})), ElementsAre(-1, 0.5F, 1));
    EXPECT_THAT(toFloats(first(node("Clip", 13), {x, Tensor(), Tensor::scalar(1)})), ElementsAre(-2, 0.5F, 1));
    EXPECT_THAT(toFloats(first(node("Clip", 13), {x, Tensor::scalar(3), Tensor::scalar(1)})), ElementsAre(1, 1, 1));
}

TEST(Elementwise, ComputesHalfPrecisionWithOneRounding) {
    const Tensor a = *tensor::convert(floats({2}, {1.0F, 2048.0F}), DataType::Float16),
                 b = *tensor::convert(floats({2}, {0x1p-11F, 1.0F}), DataType::Float16);
    const Tensor sum = first(node("Add", 14), {a, b});
    EXPECT_EQ(sum.type(), DataType::Float16);
    EXPECT_THAT(toFloats(sum), ElementsAre(1, 2048));  // both ties go to even
}

TEST(Elementwise, CastsToATypeByNumberOrByWord) {
    EXPECT_THAT(toInt64s(first(node("Cast", 13, {{"to", std::int64_t{7}}}), {floats({2}, {1.9F, -1.9F})})), ElementsAre(1, -1));
    EXPECT_EQ(first(node("Cast", 1, {{"to", std::string("DOUBLE")}}), {ramp({2})}).type(), DataType::Float64);
    EXPECT_EQ(refusal(node("Cast", 13, {{"to", std::int64_t{8}}}), {ramp({2})}), ErrorCode::Unsupported);
    EXPECT_EQ(refusal(node("Cast", 13), {ramp({2})}), ErrorCode::Refused);
}

TEST(Elementwise, RefusesMixedTypesAndShapesThatDoNotBroadcast) {
    EXPECT_EQ(refusal(node("Add", 14), {floats({1}, {1}), ints({1})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Add", 14), {ramp({2}), ramp({3})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Add", 14), {ramp({2})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("NoSuchThing", 14), {ramp({2})}), ErrorCode::Unsupported);
}

TEST(Elementwise, RefusesControlFlowWithoutSubgraphs) {
    for (const char* op : {"If", "Loop", "Scan"}) {
        const auto result = call(node(op, 16), {ramp({1}), ramp({1})});
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ErrorCode::Refused);
        EXPECT_NE(result.error().text().find(op), std::string::npos);
    }
}

TEST(Elementwise, WalksEveryElementOnceWhateverTheShapes) {
    // Σ over the broadcast shape of a[i]·b[j] by plain index arithmetic.
    const std::vector<std::pair<Shape, Shape>> cases{{{}, {3}},        {{1, 1}, {2, 3}}, {{5, 1, 4}, {1, 3, 1}},
                                                     {{2, 3, 4}, {4}}, {{700}, {1}},     {{2, 1, 2, 1}, {3, 1, 2}}};
    for (const auto& [sa, sb] : cases) {
        const Tensor a = noise(sa, 1), b = noise(sb, 2);
        const Tensor product = first(node("Mul", 14), {a, b});
        const Shape out = *tensor::broadcast(sa, sb);
        ASSERT_EQ(product.shape(), out);
        for (std::int64_t flat = 0; flat < out.elementCount(); ++flat) {
            const auto offset = [&](const Shape& own) {
                std::int64_t rest = flat, at = 0, step = 1;
                for (int d = out.rank() - 1, o = own.rank() - 1; d >= 0; rest /= out[d], --d, --o)
                    if (o >= 0) at += own[o] == 1 ? 0 : rest % out[d] * step, step *= own[o];
                return static_cast<std::size_t>(at);
            };
            EXPECT_EQ(product.data<float>()[static_cast<std::size_t>(flat)], a.data<float>()[offset(sa)] * b.data<float>()[offset(sb)]);
        }
    }
}

}  // namespace
}  // namespace trimtab::ref::testing
