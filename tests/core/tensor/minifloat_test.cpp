#include "core/tensor/minifloat.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/base/random.h"
#include "core/tensor/convert.h"

namespace trimtab::tensor {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const std::vector<DataType> kSigned{DataType::Float8E4M3FN, DataType::Float8E4M3FNUZ, DataType::Float8E5M2, DataType::Float8E5M2FNUZ,
                                    DataType::Float4E2M1};

int codesOf(DataType type) { return 1 << bitWidth(type); }

double largestOf(DataType type) {
    double largest = 0;
    for (int code = 0; code < codesOf(type); ++code) {
        const double value = minifloatToDouble(type, static_cast<std::uint8_t>(code));
        if (std::isfinite(value)) largest = std::max(largest, value);
    }
    return largest;
}

TEST(Minifloat, ReachesTheLargestValuesOfTheFormats) {
    EXPECT_EQ(largestOf(DataType::Float8E4M3FN), 448);
    EXPECT_EQ(largestOf(DataType::Float8E4M3FNUZ), 240);
    EXPECT_EQ(largestOf(DataType::Float8E5M2), 57344);
    EXPECT_EQ(largestOf(DataType::Float8E5M2FNUZ), 57344);
    EXPECT_EQ(largestOf(DataType::Float4E2M1), 6);
    EXPECT_EQ(largestOf(DataType::Float8E8M0), std::ldexp(1, 127));
}

TEST(Minifloat, EveryValueKeepsItsCode) {
    for (const DataType type : kSigned)
        for (int code = 0; code < codesOf(type); ++code) {
            const double value = minifloatToDouble(type, static_cast<std::uint8_t>(code));
            if (std::isnan(value)) continue;
            EXPECT_EQ(doubleToMinifloat(type, value, {.saturate = false}), code) << name(type) << ' ' << value;
        }
}

/// The statement: of all finite codes the nearest value, the even code of two that are equally near.
std::uint8_t nearest(DataType type, double value) {
    int best = -1;
    double distance = kInfinity;
    for (int code = 0; code < codesOf(type); ++code) {
        const double candidate = minifloatToDouble(type, static_cast<std::uint8_t>(code));
        if (!std::isfinite(candidate) || (candidate == 0 && std::signbit(candidate) != std::signbit(value))) continue;
        const double away = std::fabs(candidate - value);
        if (away < distance || (away == distance && code % 2 == 0)) best = code, distance = away;
    }
    return static_cast<std::uint8_t>(best);
}

TEST(Minifloat, RoundsToTheNearestAndTiesToEven) {
    base::Random random(7);
    for (const DataType type : kSigned) {
        const double largest = largestOf(type);
        for (int i = 0; i < 4000; ++i) {
            const double value = std::ldexp(random.uniform(0.5, 1), static_cast<int>(random.below(24)) - 18) * largest;
            if (value > largest) continue;
            const double given = i % 3 == 0 ? (minifloatToDouble(type, nearest(type, value)) + value) / 2 : value;
            EXPECT_EQ(doubleToMinifloat(type, given), nearest(type, given)) << name(type) << ' ' << given;
        }
    }
}

TEST(Minifloat, SaturatesAsCastsTableSays) {
    for (const DataType type : kSigned) {
        const double largest = largestOf(type);
        for (const double beyond : {largest * 1.5, 1e30, kInfinity}) {
            EXPECT_EQ(minifloatToDouble(type, doubleToMinifloat(type, beyond)), largest) << name(type);
            EXPECT_EQ(minifloatToDouble(type, doubleToMinifloat(type, -beyond)), -largest) << name(type);
        }
    }
}

TEST(Minifloat, WithoutSaturationBecomesInfiniteWhereThatExistsAndNaNElsewhere) {
    const MinifloatRules rules{.saturate = false};
    EXPECT_TRUE(std::isnan(minifloatToDouble(DataType::Float8E4M3FN, doubleToMinifloat(DataType::Float8E4M3FN, 480, rules))));
    EXPECT_EQ(minifloatToDouble(DataType::Float8E4M3FN, doubleToMinifloat(DataType::Float8E4M3FN, 464, rules)), 448);  // a tie, to even
    EXPECT_EQ(minifloatToDouble(DataType::Float8E5M2, doubleToMinifloat(DataType::Float8E5M2, 61440, rules)), kInfinity);
    EXPECT_EQ(minifloatToDouble(DataType::Float8E5M2, doubleToMinifloat(DataType::Float8E5M2, -kInfinity, rules)), -kInfinity);
    EXPECT_EQ(doubleToMinifloat(DataType::Float8E4M3FNUZ, -kInfinity, rules), 0x80);
    EXPECT_EQ(doubleToMinifloat(DataType::Float8E5M2FNUZ, 1e9, rules), 0x80);
}

TEST(Minifloat, KeepsNaNAndTheSignOfZeroWhereTheFormatHasThem) {
    for (const DataType type : {DataType::Float8E4M3FN, DataType::Float8E4M3FNUZ, DataType::Float8E5M2, DataType::Float8E5M2FNUZ})
        EXPECT_TRUE(std::isnan(minifloatToDouble(type, doubleToMinifloat(type, kNaN)))) << name(type);
    EXPECT_EQ(doubleToMinifloat(DataType::Float8E4M3FN, -0.0), 0x80);
    EXPECT_EQ(doubleToMinifloat(DataType::Float8E5M2, -0.0), 0x80);
    EXPECT_EQ(doubleToMinifloat(DataType::Float8E4M3FNUZ, -0.0), 0);
    EXPECT_EQ(doubleToMinifloat(DataType::Float8E5M2FNUZ, -1e-12), 0);
}

TEST(Minifloat, ScalesArePowersOfTwoRoundedAsAsked) {
    const auto scale = [](double value, ScaleRounding rounding, bool saturate = true) {
        return minifloatToDouble(DataType::Float8E8M0, doubleToMinifloat(DataType::Float8E8M0, value, {saturate, rounding}));
    };
    EXPECT_EQ(scale(4, ScaleRounding::Up), 4);
    EXPECT_EQ(scale(4.1, ScaleRounding::Up), 8);
    EXPECT_EQ(scale(7.9, ScaleRounding::Down), 4);
    EXPECT_EQ(scale(5.9, ScaleRounding::Nearest), 4);
    EXPECT_EQ(scale(6, ScaleRounding::Nearest), 8);
    EXPECT_EQ(scale(0, ScaleRounding::Up), std::ldexp(1, -127));
    EXPECT_EQ(scale(kInfinity, ScaleRounding::Up), std::ldexp(1, 127));
    EXPECT_TRUE(std::isnan(scale(0, ScaleRounding::Nearest, false)));
    EXPECT_TRUE(std::isnan(scale(kInfinity, ScaleRounding::Nearest, false)));
    EXPECT_TRUE(std::isnan(scale(-1, ScaleRounding::Up)));
}

TEST(Minifloat, TensorsBelowAByteKeepTheirElements) {
    for (const DataType type : {DataType::Int2, DataType::UInt2, DataType::Int4, DataType::UInt4, DataType::Float4E2M1}) {
        const std::vector<float> values{0, 1, type == DataType::UInt2 || type == DataType::UInt4 ? 3.0F : -1.0F, 1, 0};
        const auto packed = convert(Tensor::fromFloats(Shape{5}, values), type);
        ASSERT_TRUE(packed);
        EXPECT_EQ(toFloats(*packed), values) << name(type);
        EXPECT_EQ(packed->bytes().size(), bitWidth(type) == 2 ? 2U : 3U);
    }
}

TEST(Minifloat, NumbersOfTheSchemaNameTheTypes) {
    for (int number = 1; number <= 26; ++number) {
        const auto type = dataTypeFromOnnx(number);
        ASSERT_TRUE(type) << number;
        EXPECT_EQ(onnxNumber(*type), number);
    }
    EXPECT_FALSE(dataTypeFromOnnx(27));
    EXPECT_FALSE(dataTypeFromOnnx(-1));
}

}  // namespace
}  // namespace trimtab::tensor
