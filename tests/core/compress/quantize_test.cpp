#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/precision/sixteen_bits.h"
#include "core/compress/quantize/round_to_nearest.h"

namespace trimtab::compress {
namespace {

using recipe::WeightSpec;
using tensor::QuantizedWeight;

WeightSpec spec(int bits, std::int64_t group = 0, const char* scheme = "symmetric") {
    WeightSpec made{bits};
    made.group = group;
    made.scheme = scheme;
    return made;
}

double decoded(const QuantizedWeight& weight, std::int64_t row, std::int64_t column) {
    const auto groupAt = static_cast<std::size_t>(row * weight.groups() + column / weight.group);
    const int zero = weight.zeroPoints.empty() ? 0 : weight.zeroPoints[groupAt];
    return (weight.codes[static_cast<std::size_t>(row * weight.columns + column)] - zero) * static_cast<double>(weight.scales[groupAt]);
}

TEST(RoundToNearest, IsWrongByHalfAStepAtMost) {
    base::Random random(31);
    for (int i = 0; i < 1500; ++i) {
        const auto rows = static_cast<std::int64_t>(1 + random.below(5));
        const auto columns = static_cast<std::int64_t>(1 + random.below(40));
        const std::int64_t groups[] = {0, -1, 1, 7, 16, 32, 100};
        const int bits = static_cast<int>(2 + random.below(7));
        const bool symmetric = random.below(2) == 0;
        const double offset = random.below(3) == 0 ? random.uniform(-4, 4) : 0;
        const double size = std::pow(10.0, random.uniform(-42, 37));
        std::vector<float> values(static_cast<std::size_t>(rows * columns));
        for (float& value : values) value = random.below(6) == 0 ? 0.0F : static_cast<float>((random.normal() / 8 + offset) * size);
        const auto weight =
            roundToNearest(values, rows, columns, spec(bits, groups[random.below(7)], symmetric ? "symmetric" : "asymmetric"));
        ASSERT_TRUE(weight);
        const int half = 1 << (bits - 1);
        for (std::int64_t row = 0; row < rows; ++row) {
            for (std::int64_t column = 0; column < columns; ++column) {
                const float value = values[static_cast<std::size_t>(row * columns + column)];
                const auto code = weight->codes[static_cast<std::size_t>(row * columns + column)];
                const double step = weight->scales[static_cast<std::size_t>(row * weight->groups() + column / weight->group)];
                EXPECT_LE(std::abs(decoded(*weight, row, column) - value), step * (0.5 + 1e-4))
                    << bits << (symmetric ? " symmetric" : " asymmetric");
                EXPECT_GE(code, symmetric ? 1 - half : -half);
                EXPECT_LE(code, half - 1);
                if (value == 0) {
                    EXPECT_EQ(decoded(*weight, row, column), 0) << "zeros stay zeros";
                }
            }
        }
    }
}

TEST(RoundToNearest, EachGroupHasAScaleOfItsOwnAndTheLastMayBeShort) {
    // Columns 0…3 reach 7, columns 4…5 reach 7/8.
    const auto weight = roundToNearest({7, 1, -3, 2, 0.875F, -0.4375F}, 1, 6, spec(4, 4));
    ASSERT_TRUE(weight);
    EXPECT_EQ(weight->groups(), 2);
    EXPECT_EQ(weight->scales, (std::vector<float>{1, 0.125F}));
    EXPECT_EQ(weight->codes, (std::vector<std::int8_t>{7, 1, -3, 2, 7, -4})) << "-3.5 rounds to even";
    EXPECT_TRUE(weight->zeroPoints.empty());
}

TEST(RoundToNearest, OneScaleForTheTensorRowsOrGroups) {
    const std::vector<float> values{1, 2, 4, 8};
    const auto tensor = roundToNearest(values, 2, 2, spec(8, -1));
    EXPECT_EQ(tensor->scales, (std::vector<float>{8.0F / 127, 8.0F / 127}));
    EXPECT_EQ(tensor->group, 2);
    const auto rows = roundToNearest(values, 2, 2, spec(8));
    EXPECT_EQ(rows->scales, (std::vector<float>{2.0F / 127, 8.0F / 127}));
    const auto wide = roundToNearest(values, 2, 2, spec(8, 1000));
    EXPECT_EQ(wide->scales, rows->scales) << "a group wider than a row is the row";
    EXPECT_EQ(wide->group, 2);
}

TEST(RoundToNearest, TiesGoToEven) {
    const auto weight = roundToNearest({127, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F}, 1, 6, spec(8));
    EXPECT_EQ(weight->codes, (std::vector<std::int8_t>{127, 0, 2, 2, 0, -2}));
}

TEST(RoundToNearest, AsymmetricUsesTheWholeRange) {
    // 0…255 in 255 steps of 1; the zero point is code 0, kept as −128.
    const auto weight = roundToNearest({0, 255, 100, 37}, 1, 4, spec(8, 0, "asymmetric"));
    EXPECT_EQ(weight->scales, std::vector<float>{1});
    EXPECT_EQ(weight->zeroPoints, std::vector<std::int8_t>{-128});
    EXPECT_EQ(weight->codes, (std::vector<std::int8_t>{-128, 127, -28, -91}));
    // A range away from zero is widened to hold it.
    const auto above = roundToNearest({30, 15}, 1, 2, spec(4, 0, "asymmetric"));
    EXPECT_EQ(above->scales, std::vector<float>{2});
    EXPECT_EQ(above->zeroPoints, std::vector<std::int8_t>{-8});
}

TEST(RoundToNearest, RowsOfZerosAreExactAndHaveAUsableScale) {
    for (const char* scheme : {"symmetric", "asymmetric"}) {
        const auto weight = roundToNearest({0, 0, 1, -1}, 2, 2, spec(4, 0, scheme));
        ASSERT_TRUE(weight);
        EXPECT_EQ(weight->scales[0], 1);
        EXPECT_EQ(decoded(*weight, 0, 0), 0);
        EXPECT_EQ(decoded(*weight, 0, 1), 0);
    }
}

TEST(RoundToNearest, TheLargestFloatsDoNotOverflow) {
    constexpr float kMost = std::numeric_limits<float>::max();
    for (const int bits : {2, 3, 8}) {
        const auto weight = roundToNearest({kMost, -kMost, 0, kMost / 2}, 1, 4, spec(bits, 0, "asymmetric"));
        ASSERT_TRUE(weight);
        EXPECT_TRUE(std::isfinite(weight->scales[0]));
    }
}

TEST(RoundToNearest, RefusesInfinities) {
    const auto weight = roundToNearest({1, -INFINITY}, 1, 2, spec(8));
    ASSERT_FALSE(weight);
    EXPECT_EQ(weight.error().code, ErrorCode::Refused);
}

TEST(SixteenBits, RoundsToNearestEvenAndKeepsInfinities) {
    std::vector<float> values{1.0F + 0x1p-8F, 1.0F + 3 * 0x1p-8F, 1.0F + 0x1.8p-8F, -INFINITY, 0};
    ASSERT_TRUE(roundToSixteenBits(values, true));
    EXPECT_EQ(values, (std::vector<float>{1.0F, 1.0F + 0x1p-6F, 1.0F + 0x1p-7F, -INFINITY, 0}));
    values = {1.0F + 0x1p-11F, 1.0F + 3 * 0x1p-11F, 65504, INFINITY};
    ASSERT_TRUE(roundToSixteenBits(values, false));
    EXPECT_EQ(values, (std::vector<float>{1.0F, 1.0F + 0x1p-9F, 65504, INFINITY}));
}

TEST(SixteenBits, RefusesWhatHalfPrecisionCannotHold) {
    std::vector<float> values{70000};
    EXPECT_FALSE(roundToSixteenBits(values, false));
    values = {70000};
    EXPECT_TRUE(roundToSixteenBits(values, true));
}

}  // namespace
}  // namespace trimtab::compress
