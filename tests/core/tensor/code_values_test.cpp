// Tables, rounding and storage of the codes of weights, against their specifications stated here again.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/tensor/code_values.h"
#include "core/tensor/convert.h"

namespace trimtab::tensor {
namespace {

constexpr CodeFormat kFloating[] = {CodeFormat::Float8E4M3, CodeFormat::Float8E5M2, CodeFormat::NormalFloat4, CodeFormat::Float4E2M1};

/// Below it lies this share of a normal distribution; by halving, from the error function.
double normalQuantile(double share) {
    double low = -10, high = 10;
    for (int i = 0; i < 200; ++i) {
        const double middle = (low + high) / 2;
        (std::erfc(-middle / std::sqrt(2.0)) / 2 < share ? low : high) = middle;
    }
    return (low + high) / 2;
}

TEST(CodeValues, NormalFloatHoldsTheQuantilesThatItsPaperDefines) {
    // Shares from 1 − (1/32 + 1/30)/2 down to a half: eight steps above zero, seven below; the largest becomes 1.
    const double furthest = 1 - (1.0 / 32 + 1.0 / 30) / 2;
    const double largest = normalQuantile(furthest);
    const auto values = codeValues(CodeFormat::NormalFloat4);
    for (int i = 0; i < 8; ++i)
        EXPECT_NEAR(values[static_cast<std::size_t>(15 - i)], normalQuantile(furthest + (0.5 - furthest) * i / 8) / largest, 1e-6);
    for (int i = 0; i < 7; ++i)
        EXPECT_NEAR(values[static_cast<std::size_t>(i)], -normalQuantile(furthest + (0.5 - furthest) * i / 7) / largest, 1e-6);
    EXPECT_EQ(values[7], 0);
    EXPECT_EQ(values[0], -1);
    EXPECT_EQ(values[15], 1);
}

/// Sign, exponent and mantissa as the OCP specifications write them out.
double byTheBook(unsigned code, int exponentBits, int mantissaBits, int bias) {
    const int exponent = static_cast<int>(code >> mantissaBits & ((1U << exponentBits) - 1U));
    const double mantissa = (code & ((1U << mantissaBits) - 1U)) / static_cast<double>(1U << mantissaBits);
    const double value = exponent == 0 ? std::pow(2.0, 1 - bias) * mantissa : std::pow(2.0, exponent - bias) * (1 + mantissa);
    return code >> (exponentBits + mantissaBits) != 0 ? -value : value;
}

TEST(CodeValues, FloatingTablesFollowTheirSpecifications) {
    for (unsigned code = 0; code < 256; ++code) {
        const float e4m3 = codeValues(CodeFormat::Float8E4M3)[code], e5m2 = codeValues(CodeFormat::Float8E5M2)[code];
        const bool isNumber = (code & 0x7fU) != 0x7fU, isFinite = (code & 0x7fU) < 0x7cU;
        EXPECT_EQ(std::isnan(e4m3), !isNumber);
        EXPECT_EQ(std::isfinite(e5m2), isFinite);
        EXPECT_EQ(isNumber ? e4m3 : 0, isNumber ? byTheBook(code, 4, 3, 7) : 0);
        EXPECT_EQ(isFinite ? e5m2 : 0, isFinite ? byTheBook(code, 5, 2, 15) : 0);
    }
    for (unsigned code = 0; code < 16; ++code) EXPECT_EQ(codeValues(CodeFormat::Float4E2M1)[code], byTheBook(code, 2, 1, 1));
}

TEST(CodeValues, MagnitudesRiseWithTheCodeAndEndAtTheLargest) {
    for (const CodeFormat format : kFloating) {
        const auto values = codeValues(format);
        ASSERT_EQ(values.size(), std::size_t{1} << codeBits(format));
        const bool isOrdered = format == CodeFormat::NormalFloat4;
        const std::size_t end = isOrdered ? values.size() : values.size() / 2;
        float largest = 0;
        for (std::size_t code = 0; code < end && std::isfinite(values[code]); ++code) {
            EXPECT_TRUE(code == 0 || values[code] > values[code - 1]);
            largest = values[code];
        }
        EXPECT_EQ(largest, largestCodeValue(format));
        EXPECT_EQ(values[zeroCode(format)], 0);
        EXPECT_FALSE(std::signbit(values[zeroCode(format)]));
    }
}

TEST(NearestCode, FindsEveryCodeItself) {
    for (const CodeFormat format : kFloating) {
        const auto values = codeValues(format);
        for (std::size_t code = 0; code < values.size(); ++code) {
            if (!std::isfinite(values[code])) continue;
            EXPECT_EQ(nearestCode(format, values[code]), values[code] == 0 ? zeroCode(format) : code);
        }
    }
}

/// The least distance over all codes.
double leastDistance(CodeFormat format, double value) {
    double least = std::numeric_limits<double>::infinity();
    for (const float candidate : codeValues(format))
        if (std::isfinite(candidate)) least = std::min(least, std::abs(value - candidate));
    return least;
}

TEST(NearestCode, IsNoFurtherThanAnyOtherCode) {
    base::Random random(5);
    for (const CodeFormat format : kFloating) {
        for (int i = 0; i < 4000; ++i) {
            const double value = random.normal() * largestCodeValue(format) * std::pow(2.0, random.uniform(-12, 1));
            EXPECT_EQ(std::abs(value - codeValues(format)[nearestCode(format, value)]), leastDistance(format, value)) << value;
        }
        EXPECT_EQ(codeValues(format)[nearestCode(format, 1e30)], largestCodeValue(format));
        EXPECT_EQ(codeValues(format)[nearestCode(format, -1e30)], -largestCodeValue(format));
        EXPECT_EQ(nearestCode(format, -1e-30), zeroCode(format));
    }
}

TEST(NearestCode, TiesGoToTheEvenCode) {
    for (const CodeFormat format : kFloating) {
        const auto values = codeValues(format);
        for (std::size_t code = 0; code + 1 < values.size(); ++code) {
            const double low = values[code], high = values[code + 1];
            if (!std::isfinite(low) || !std::isfinite(high) || std::signbit(low) != std::signbit(high)) continue;
            const std::size_t even = code % 2 == 0 ? code : code + 1;
            const std::uint8_t found = nearestCode(format, (low + high) / 2);
            EXPECT_EQ(found, values[even] == 0 ? zeroCode(format) : even) << (low + high) / 2;
        }
    }
}

QuantizedWeight weightOf(CodeFormat format, ScaleFormat scales, std::int64_t rows, std::int64_t columns, std::int64_t group) {
    QuantizedWeight weight;
    weight.originalShape = Shape{columns, rows};
    weight.layout = WeightLayout::OutputsLast;
    weight.rows = rows;
    weight.columns = columns;
    weight.bits = format == CodeFormat::Integer ? 8 : codeBits(format);
    weight.format = format;
    weight.scaleFormat = scales;
    weight.group = group;
    weight.codes.resize(static_cast<std::size_t>(rows * columns));
    for (std::size_t i = 0; i < weight.codes.size(); ++i) weight.codes[i] = static_cast<std::int8_t>(i % 13);
    for (std::int64_t i = 0; i < rows * weight.groups(); ++i) weight.scales.push_back(0.25F * static_cast<float>(i + 1));
    return weight;
}

TEST(QuantizedWeight, DecodesEveryFormatBackIntoItsLayout) {
    for (const CodeFormat format : {CodeFormat::Integer, CodeFormat::Float8E4M3, CodeFormat::Float8E5M2, CodeFormat::NormalFloat4,
                                    CodeFormat::Float4E2M1}) {
        const QuantizedWeight weight = weightOf(format, ScaleFormat::Float32, 3, 10, 4);
        const auto decoded = toFloats(*weight.dequantize());
        for (std::int64_t n = 0; n < 3; ++n) {
            for (std::int64_t k = 0; k < 10; ++k) {
                const int code = weight.codes[static_cast<std::size_t>(n * 10 + k)];
                const float value =
                    format == CodeFormat::Integer ? static_cast<float>(code) : codeValues(format)[static_cast<std::size_t>(code)];
                EXPECT_EQ(decoded[static_cast<std::size_t>(k * 3 + n)], value * weight.scales[static_cast<std::size_t>(n * 3 + k / 4)]);
            }
        }
    }
}

TEST(QuantizedWeight, ScalesCountAsWideAsTheyAreStored) {
    using enum CodeFormat;
    EXPECT_EQ(weightOf(Integer, ScaleFormat::Float32, 4, 64, 64).storedBytes(), 4 * 64 + 4 * 4);
    EXPECT_EQ(weightOf(Integer, ScaleFormat::PowerOfTwo, 4, 64, 64).storedBytes(), 4 * 64 + 4);
    EXPECT_EQ(weightOf(Float8E5M2, ScaleFormat::Float32, 4, 64, 32).storedBytes(), 4 * 64 + 4 * 2 * 4);
    EXPECT_EQ(weightOf(NormalFloat4, ScaleFormat::Float32, 4, 64, 64).storedBytes(), 4 * 32 + 4 * 4);
    EXPECT_EQ(weightOf(Float4E2M1, ScaleFormat::PowerOfTwo, 4, 64, 32).storedBytes(), 4 * 32 + 4 * 2);
    EXPECT_EQ(weightOf(Float4E2M1, ScaleFormat::Float8E4M3, 4, 64, 16).storedBytes(), 4 * 32 + 4 * 4 + 4);
}

TEST(QuantizedWeight, NamesItsFormatAsRecipesDo) {
    using enum CodeFormat;
    EXPECT_EQ(formatText(weightOf(Integer, ScaleFormat::Float32, 1, 4, 4)), "int");
    EXPECT_EQ(formatText(weightOf(Float8E4M3, ScaleFormat::Float32, 1, 4, 4)), "fp8_e4m3");
    EXPECT_EQ(formatText(weightOf(Float8E5M2, ScaleFormat::Float32, 1, 4, 4)), "fp8_e5m2");
    EXPECT_EQ(formatText(weightOf(NormalFloat4, ScaleFormat::Float32, 1, 4, 4)), "nf4");
    EXPECT_EQ(formatText(weightOf(Float4E2M1, ScaleFormat::Float32, 1, 4, 4)), "fp4");
    EXPECT_EQ(formatText(weightOf(Float4E2M1, ScaleFormat::PowerOfTwo, 1, 4, 4)), "mxfp4");
    EXPECT_EQ(formatText(weightOf(Float4E2M1, ScaleFormat::Float8E4M3, 1, 4, 4)), "nvfp4");
    QuantizedWeight fixed = weightOf(Integer, ScaleFormat::PowerOfTwo, 2, 4, 4);
    fixed.scales = {0x1p-6F, 0x1p-6F};
    EXPECT_EQ(formatText(fixed), "fixed Q1.6");
    fixed.scales = {0x1p-9F, 2.0F};
    EXPECT_EQ(formatText(fixed), "fixed Q8.-1…Q-2.9");
    fixed.symmetric = false;
    fixed.bits = 4;
    fixed.scales = {0.25F, 0.25F};
    EXPECT_EQ(formatText(fixed), "fixed UQ2.2");
}

}  // namespace
}  // namespace trimtab::tensor
