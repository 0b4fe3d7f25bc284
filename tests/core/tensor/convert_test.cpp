#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "core/base/random.h"
#include "core/tensor/convert.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::tensor {
namespace {

// Each finite half is exactly a float, so the way there and back must be the identity; NaN stays NaN.
TEST(Half, EveryPatternSurvivesTheWayToFloatAndBack) {
    for (std::uint32_t bits = 0; bits < 65536; ++bits) {
        const float value = halfToFloat(static_cast<std::uint16_t>(bits));
        if (std::isnan(value)) {
            EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value))));
        } else {
            ASSERT_EQ(floatToHalf(value), bits);
        }
    }
}

// The compiler's own _Float16 is the independent statement.
TEST(Half, RoundsToNearestEvenLikeTheHardware) {
    base::Random random(2);
    for (int i = 0; i < 200000; ++i) {
        const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
        if (std::isnan(value)) continue;
        ASSERT_EQ(floatToHalf(value), std::bit_cast<std::uint16_t>(static_cast<_Float16>(value))) << value;
    }
}

TEST(BFloat, RoundsToTheNearerNeighbourAndTiesToEven) {
    EXPECT_EQ(floatToBfloat(1.0F), 0x3f80);
    EXPECT_EQ(floatToBfloat(std::bit_cast<float>(0x3f808000U)), 0x3f80);  // a tie, down to even
    EXPECT_EQ(floatToBfloat(std::bit_cast<float>(0x3f818000U)), 0x3f82);  // a tie, up to even
    EXPECT_EQ(floatToBfloat(std::bit_cast<float>(0x3f808001U)), 0x3f81);
    EXPECT_TRUE(std::isnan(bfloatToFloat(floatToBfloat(std::numeric_limits<float>::quiet_NaN()))));
    EXPECT_EQ(bfloatToFloat(floatToBfloat(INFINITY)), INFINITY);
}

TEST(Convert, FollowsCast) {
    const Tensor floats = Tensor::fromFloats(Shape{5}, {-1.9F, 0.0F, 2.9F, 300.0F, -0.0F});
    EXPECT_EQ(toInt64s(*convert(floats, DataType::Int64)), (std::vector<std::int64_t>{-1, 0, 2, 300, 0}));
    EXPECT_EQ(toInt64s(*convert(floats, DataType::UInt8)), (std::vector<std::int64_t>{255, 0, 2, 44, 0}));
    EXPECT_EQ(toInt64s(*convert(floats, DataType::Bool)), (std::vector<std::int64_t>{1, 0, 1, 1, 0}));
}

TEST(Convert, OutOfRangeFloatsDoNotReachUndefinedBehaviour) {
    const Tensor wild = Tensor::fromFloats(Shape{3}, {1e30F, -1e30F, NAN});
    EXPECT_EQ(toInt64s(*convert(wild, DataType::Int64)), (std::vector<std::int64_t>{INT64_MAX, INT64_MIN, 0}));
}

TEST(Convert, NibblesKeepTheirSignAndOrder) {
    const Tensor values = Tensor::fromInt64s(Shape{5}, {-8, 7, -1, 0, 3});
    const Tensor packed = *convert(values, DataType::Int4);
    EXPECT_EQ(packed.bytes().size(), 3U);
    EXPECT_EQ(packed.bytes()[0], std::byte{0x78});
    EXPECT_EQ(toInt64s(packed), toInt64s(values));
}

TEST(Convert, RandomTensorsAreSeededAndInRange) {
    const auto first = randomTensor(DataType::Int64, Shape{1000}, 4, 10, 20);
    const auto second = randomTensor(DataType::Int64, Shape{1000}, 4, 10, 20);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(toInt64s(*first), toInt64s(*second));
    for (const std::int64_t value : toInt64s(*first)) EXPECT_TRUE(value >= 10 && value < 20);
}

TEST(QuantizedWeight, RowsComeBackInTheOriginalLayout) {
    base::Random random(6);
    for (const WeightLayout layout : {WeightLayout::OutputsFirst, WeightLayout::OutputsLast}) {
        std::vector<float> values(35 * 41);
        for (float& value : values) value = static_cast<float>(random.normal());
        const Tensor original = Tensor::fromFloats(Shape{35, 41}, values);
        const auto rows = toRows(original, layout);
        ASSERT_TRUE(rows);
        const std::size_t at = layout == WeightLayout::OutputsFirst ? 2 * 41 + 3 : 2 * 35 + 3;
        EXPECT_EQ((*rows)[at], layout == WeightLayout::OutputsFirst ? values[2 * 41 + 3] : values[3 * 41 + 2]);
        EXPECT_EQ(toFloats(*fromRows(*rows, original.shape(), layout)), values);
    }
}

TEST(QuantizedWeight, DequantizesByItsFormulaWithAShortLastGroup) {
    QuantizedWeight weight;
    weight.originalShape = Shape{1, 3};
    weight.rows = 1;
    weight.columns = 3;
    weight.bits = 4;
    weight.symmetric = false;
    weight.group = 2;
    weight.codes = {1, -2, 5};
    weight.scales = {0.5F, 2.0F};
    weight.zeroPoints = {1, -1};
    EXPECT_EQ(toFloats(*weight.dequantize()), (std::vector<float>{0.0F, -1.5F, 12.0F}));
    EXPECT_EQ(weight.storedBytes(), 2 + 8 + 1);
}

}  // namespace
}  // namespace trimtab::tensor
