#include "core/tensor/float8.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "core/base/random.h"
#include "core/tensor/data_type.h"

namespace trimtab::tensor {
namespace {

/// The value of a code as the paper's table states it: (-1)^s · 2^(e−7) · (1 + m/8), subnormal 2^-6 · m/8.
double stated(int code) {
    const int exponent = (code >> 3) & 15, mantissa = code & 7;
    const double magnitude = exponent == 0 ? std::ldexp(mantissa / 8.0, -6) : std::ldexp(1 + mantissa / 8.0, exponent - 7);
    return (code & 0x80) != 0 ? -magnitude : magnitude;
}

TEST(Float8, EveryCodeHasTheStatedValueAndComesBack) {
    for (int code = 0; code < 256; ++code) {
        const float value = float8ToFloat(static_cast<std::uint8_t>(code));
        if ((code & 0x7f) == 0x7f) {
            EXPECT_TRUE(std::isnan(value));
            EXPECT_EQ(floatToFloat8(value) & 0x7f, 0x7f);
        } else {
            EXPECT_EQ(value, stated(code)) << code;
            EXPECT_EQ(floatToFloat8(value), code);
        }
    }
    EXPECT_EQ(float8ToFloat(0x7e), kLargestFloat8);
}

/// By search: the nearest finite code, of two equally near ones the even.
int nearestCode(double magnitude) {
    int best = 0;
    for (int code = 0; code < 0x7f; ++code) {
        const double closer = std::fabs(stated(code) - magnitude) - std::fabs(stated(best) - magnitude);
        if (closer < 0 || (closer == 0 && code % 2 == 0)) best = code;
    }
    return best;
}

TEST(Float8, RoundsToTheNearestCodeTiesToEvenAndSaturates) {
    base::Random random(3);
    std::vector<float> values{0, -0.0F, 1e-30F, 448, 463.9F, 464, 465, 1e9F, INFINITY, -INFINITY, std::numeric_limits<float>::max()};
    for (int code = 0; code < 0x7e; ++code) values.push_back(static_cast<float>((stated(code) + stated(code + 1)) / 2));
    for (const float tie : std::vector(values)) values.push_back(std::nextafter(tie, 0.0F)), values.push_back(std::nextafter(tie, 1e9F));
    for (int i = 0; i < 20000; ++i) values.push_back(static_cast<float>(random.normal() * std::exp(random.normal() * 4)));
    for (const float value : values) {
        const int expected = nearestCode(std::min(std::fabs(double{value}), 1e12)) | (std::signbit(value) ? 0x80 : 0);
        ASSERT_EQ(floatToFloat8(value), expected) << value;
    }
}

TEST(Float8, TheScaleBringsTheLargestMagnitudeTo448) {
    EXPECT_EQ(float8Scale(std::vector<float>{1, -896, 3}), 2);
    EXPECT_EQ(float8Scale(std::vector<float>{0, 0}), 1);
    EXPECT_EQ(float8Scale({}), 1);
    EXPECT_EQ(float8Scale(std::vector<float>{1e-45F}), 1) << "a scale that would be zero";
}

TEST(Tf32, KeepsTenMantissaBitsRoundedToNearestEven) {
    base::Random random(4);
    for (int i = 0; i < 200000; ++i) {
        const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
        if (!std::isfinite(value) || value == 0 || std::fabs(value) < std::numeric_limits<float>::min()) continue;
        int exponent = 0;
        const double fraction = std::frexp(double{value}, &exponent);
        ASSERT_EQ(roundToTf32(value), static_cast<float>(std::ldexp(std::nearbyint(std::ldexp(fraction, 11)), exponent - 11))) << value;
    }
    EXPECT_EQ(roundToTf32(INFINITY), INFINITY);
    EXPECT_TRUE(std::isnan(roundToTf32(std::bit_cast<float>(0x7f800001U))));
    EXPECT_EQ(roundToTf32(1 + 0x1p-11F), 1) << "a tie, down to even";
    EXPECT_EQ(roundToTf32(1 + 0x3p-11F), 1 + 0x1p-9F) << "a tie, up to even";
}

}  // namespace
}  // namespace trimtab::tensor
