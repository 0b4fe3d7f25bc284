// Weights rounded to every format: which scales they may have, and how wrong a value may become.
#include <cmath>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/quantize/clip.h"
#include "core/compress/quantize/code_grid.h"
#include "core/compress/quantize/round_layer.h"
#include "core/compress/quantize/round_to_nearest.h"
#include "core/compress/second_order/gptq.h"
#include "core/tensor/code_values.h"
#include "tests/core/compress/second_order_layer.h"

namespace trimtab::compress {
namespace {

using recipe::WeightSpec;
using tensor::QuantizedWeight;

WeightSpec spec(int bits, const char* format, std::int64_t group = 0, const char* scheme = "symmetric") {
    WeightSpec made{bits};
    made.format = format;
    made.group = group;
    made.scheme = scheme;
    return made;
}

const std::vector<WeightSpec>& everyFormat() {
    static const std::vector<WeightSpec> specs{
        spec(8, "fp8_e4m3"), spec(8, "fp8_e4m3", 16), spec(8, "fp8_e4m3", -1), spec(8, "fp8_e5m2"),
        spec(4, "nf4"),      spec(4, "nf4", 16),      spec(4, "fp4", 8),       spec(4, "mxfp4"),
        spec(4, "nvfp4"),    spec(8, "fixed"),        spec(4, "fixed", 8),     spec(3, "fixed", -1),
        spec(4, "fixed", 0, "asymmetric")};
    return specs;
}

std::vector<float> normals(base::Random& random, std::size_t count, double size = 1) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.normal() * size);
    return values;
}

float scaleOf(const QuantizedWeight& weight, std::int64_t row, std::int64_t column) {
    return weight.scales[static_cast<std::size_t>(row * weight.groups() + column / weight.group)];
}

/// The numbers that codes may stand for, before the scale, ascending.
std::vector<double> levels(const QuantizedWeight& weight, int zero) {
    std::vector<double> result;
    const int half = 1 << (weight.bits - 1);
    if (weight.format == tensor::CodeFormat::Integer)
        for (int code = weight.symmetric ? 1 - half : -half; code < half; ++code) result.push_back(code - zero);
    else
        for (const float value : tensor::codeValues(weight.format))
            if (std::isfinite(value)) result.push_back(value);
    std::ranges::sort(result);
    return result;
}

/// Half the gap between the levels around the value; beyond them, its distance from the last one.
double allowedError(const std::vector<double>& levels, double value) {
    if (value <= levels.front()) return levels.front() - value;
    if (value >= levels.back()) return value - levels.back();
    const auto above = std::ranges::lower_bound(levels, value);
    return (*above - *(above - 1)) / 2;
}

TEST(CodeGrid, AValueIsWrongByHalfTheGapAroundItAtMost) {
    base::Random random(11);
    for (const WeightSpec& asked : everyFormat()) {
        for (int i = 0; i < 60; ++i) {
            const auto rows = static_cast<std::int64_t>(1 + random.below(4)), columns = static_cast<std::int64_t>(1 + random.below(70));
            const auto values = normals(random, static_cast<std::size_t>(rows * columns), std::pow(10.0, random.uniform(-12, 12)));
            const auto weight = roundToNearest(values, rows, columns, asked);
            ASSERT_TRUE(weight);
            const auto decoded = tensor::decodedRows(*weight);
            for (std::int64_t at = 0; at < rows * columns; ++at) {
                const double scale = scaleOf(*weight, at / columns, at % columns);
                const auto group = static_cast<std::size_t>(at / columns * weight->groups() + at % columns / weight->group);
                const auto allowed = levels(*weight, weight->zeroPoints.empty() ? 0 : weight->zeroPoints[group]);
                const auto index = static_cast<std::size_t>(at);
                EXPECT_LE(std::abs(static_cast<double>(values[index]) - decoded[index]),
                          scale * (allowedError(allowed, values[index] / scale) + 1e-6 * std::abs(values[index] / scale)))
                    << asked.format;
            }
        }
    }
}

TEST(CodeGrid, FloatScalesBringTheLargestValueToTheLargestCode) {
    base::Random random(12);
    for (const WeightSpec& asked : {spec(8, "fp8_e4m3"), spec(8, "fp8_e5m2"), spec(4, "nf4", 16), spec(4, "fp4", 8)}) {
        const auto values = normals(random, 5 * 32);
        const auto weight = *roundToNearest(values, 5, 32, asked);
        for (std::int64_t begin = 0; begin < 5 * 32; begin += weight.group) {
            float largest = 0;
            for (std::int64_t i = begin; i < begin + weight.group; ++i)
                largest = std::max(largest, std::abs(values[static_cast<std::size_t>(i)]));
            EXPECT_FLOAT_EQ(scaleOf(weight, begin / 32, begin % 32) * tensor::largestCodeValue(weight.format), largest);
        }
    }
}

TEST(CodeGrid, MicroscalingTakesTheExponentThatItsSpecificationSays) {
    base::Random random(13);
    for (int i = 0; i < 300; ++i) {
        auto values = normals(random, 80, std::pow(2.0, random.uniform(-40, 40)));
        if (i % 3 == 0) values[7] = std::ldexp(1.0F, static_cast<int>(random.below(60)) - 30);
        const auto weight = *roundToNearest(values, 1, 80, spec(4, "mxfp4"));
        EXPECT_EQ(weight.group, 32);
        EXPECT_EQ(weight.scaleFormat, tensor::ScaleFormat::PowerOfTwo);
        ASSERT_EQ(weight.scales.size(), 3U) << "the last block is short";
        for (std::size_t block = 0; block < 3; ++block) {
            double largest = 0;
            for (std::size_t k = block * 32; k < std::min<std::size_t>(block * 32 + 32, 80); ++k)
                largest = std::max<double>(largest, std::abs(values[k]));
            double power = 1;  // the largest power of two that is not above the largest value
            while (power > largest) power /= 2;
            while (power * 2 <= largest) power *= 2;
            EXPECT_EQ(weight.scales[block], power / 4) << "e2m1 reaches 1.5 · 2²";
        }
    }
}

TEST(CodeGrid, BlocksOfNvfp4HaveAnEightBitScaleOfOneForTheWeight) {
    base::Random random(14);
    for (int i = 0; i < 100; ++i) {
        auto values = normals(random, 4 * 40, std::pow(10.0, random.uniform(-6, 6)));
        for (std::size_t k = 16; k < 32; ++k) values[k] = 0;  // a block of zeros
        const auto weight = *roundToNearest(values, 4, 40, spec(4, "nvfp4"));
        EXPECT_EQ(weight.group, 16);
        ASSERT_EQ(weight.scales.size(), 12U);
        double largest = 0;
        for (const float value : values) largest = std::max<double>(largest, std::abs(value));
        const float tensorScale = static_cast<float>(largest / (6 * 448));
        for (const float scale : weight.scales) {
            const double ratio = scale / static_cast<double>(tensorScale);
            const double nearest =
                tensor::codeValues(tensor::CodeFormat::Float8E4M3)[tensor::nearestCode(tensor::CodeFormat::Float8E4M3, ratio)];
            EXPECT_NEAR(ratio, nearest, 1e-6 * nearest);
            EXPECT_GT(scale, 0);
        }
    }
}

TEST(CodeGrid, FixedPointTakesTheSmallestPowerOfTwoThatCovers) {
    base::Random random(15);
    for (int i = 0; i < 400; ++i) {
        const int bits = static_cast<int>(2 + random.below(7)), most = (1 << (bits - 1)) - 1;
        auto values = normals(random, 12, std::pow(10.0, random.uniform(-8, 8)));
        if (i % 4 == 0) values = {static_cast<float>(most) * 0.125F, 0.1F};  // covered to the last code
        const auto weight = *roundToNearest(values, 1, static_cast<std::int64_t>(values.size()), spec(bits, "fixed"));
        EXPECT_EQ(weight.format, tensor::CodeFormat::Integer) << "integer kernels read them";
        const double scale = weight.scales[0];
        int exponent = 0;
        EXPECT_EQ(std::frexp(scale, &exponent), 0.5);
        double largest = 0;
        for (const float value : values) largest = std::max<double>(largest, std::abs(value));
        EXPECT_LE(largest, scale * most);
        EXPECT_GT(largest, scale / 2 * most);
    }
}

TEST(CodeGrid, ZerosStayZerosAndZeroWeightsHaveUsableScales) {
    base::Random random(16);
    for (const WeightSpec& asked : everyFormat()) {
        auto values = normals(random, 3 * 64);
        for (std::size_t i = 0; i < values.size(); i += 3) values[i] = 0;
        for (const auto& weight : {roundToNearest(values, 3, 64, asked), roundClipped(values, 3, 64, asked)}) {
            const auto decoded = tensor::decodedRows(*weight);
            for (std::size_t i = 0; i < values.size(); i += 3) EXPECT_EQ(decoded[i], 0) << asked.format;
        }
        const auto nothing = *roundToNearest(std::vector<float>(64, 0.0F), 1, 64, asked);
        for (const float scale : nothing.scales) EXPECT_TRUE(std::isnormal(scale)) << asked.format;
        for (const float value : tensor::decodedRows(nothing)) EXPECT_EQ(value, 0) << asked.format;
    }
}

double squaredError(const std::vector<float>& values, const QuantizedWeight& weight) {
    const auto decoded = tensor::decodedRows(weight);
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += std::pow(static_cast<double>(values[i]) - decoded[i], 2);
    return sum;
}

TEST(CodeGrid, ClippingIsNeverWorseAndHelpsWhereBitsAreFew) {
    base::Random random(17);
    for (const WeightSpec& asked : everyFormat()) {
        double plain = 0, clipped = 0;
        for (int i = 0; i < 20; ++i) {
            const auto values = normals(random, 4 * 128);
            const double before = squaredError(values, *roundToNearest(values, 4, 128, asked));
            const double after = squaredError(values, *roundClipped(values, 4, 128, asked));
            EXPECT_LE(after, before) << asked.format;
            plain += before;
            clipped += after;
        }
        EXPECT_LT(clipped, (asked.bits <= 4 && asked.scheme == "symmetric" ? 0.97 : 1) * plain) << asked.format << " g" << asked.group;
    }
}

TEST(CodeGrid, ClippedScalesAreOfTheFormatToo) {
    base::Random random(18);
    const auto values = normals(random, 4 * 64);
    for (const char* format : {"mxfp4", "fixed"}) {
        const QuantizedWeight weight = *roundClipped(values, 4, 64, spec(4, format));
        for (const float scale : weight.scales) EXPECT_EQ(std::exp2(std::round(std::log2(scale))), scale) << format;
    }
}

TEST(CodeGrid, RefusesInfinitiesInEveryFormat) {
    for (const WeightSpec& asked : everyFormat()) EXPECT_EQ(roundToNearest({1, INFINITY}, 1, 2, asked).error().code, ErrorCode::Refused);
}

QuantizedWeight roundedBy(const char* method, const std::vector<float>& values, std::int64_t rows, std::int64_t columns, WeightSpec asked,
                          const std::vector<float>& inputs, bool isPruned = false) {
    PlainMath math;
    Tools tools;
    tools.math = &math;
    asked.method = method;
    LayerInputs seen(1);
    FactorOptions options{.damping = asked.damping, .byFallingDiagonal = asked.actOrder};
    seen[0].factors[roundingFactor(asked)] = factorOf(inputs, columns, options);
    return *roundLayer(values, rows, columns, asked, isPruned, seen, tools);
}

TEST(GptqOfFormats, LosesLessOfTheOutputsThanRoundingToNearest) {
    base::Random random(19);
    const std::int64_t rows = 24, columns = 64;
    for (const WeightSpec& asked : everyFormat()) {
        for (int i = 0; i < 3; ++i) {
            const auto inputs = correlatedInputs(random, 256, columns);
            const auto weights = normalWeights(random, rows, columns);
            const auto plain = tensor::decodedRows(roundedBy("rtn", weights, rows, columns, asked, inputs));
            const auto made = tensor::decodedRows(roundedBy("gptq", weights, rows, columns, asked, inputs));
            EXPECT_LT(outputError(weights, made, inputs, columns), outputError(weights, plain, inputs, columns)) << asked.format;
        }
    }
}

TEST(GptqOfFormats, IsRoundingToNearestWhereColumnsDoNotActTogether) {
    base::Random random(20);
    const std::int64_t rows = 5, columns = 48;
    for (const WeightSpec& asked : everyFormat()) {
        const auto weights = normalWeights(random, rows, columns);
        const auto inputs = separateInputs(columns);
        const QuantizedWeight plain = roundedBy("rtn", weights, rows, columns, asked, inputs);
        const QuantizedWeight made = roundedBy("gptq", weights, rows, columns, asked, inputs);
        EXPECT_EQ(made.codes, plain.codes) << asked.format;
        EXPECT_EQ(made.scales, plain.scales) << asked.format;
        EXPECT_EQ(made.zeroPoints, plain.zeroPoints) << asked.format;
        EXPECT_EQ(made.format, plain.format);
        EXPECT_EQ(made.scaleFormat, plain.scaleFormat);
    }
}

TEST(GptqOfFormats, WhatWasPrunedStaysZero) {
    base::Random random(21);
    const std::int64_t rows = 6, columns = 64;
    for (const WeightSpec& asked : everyFormat()) {
        auto weights = normalWeights(random, rows, columns);
        for (std::size_t i = 0; i < weights.size(); i += 2) weights[i] = 0;
        const auto made =
            tensor::decodedRows(roundedBy("gptq", weights, rows, columns, asked, correlatedInputs(random, 128, columns), true));
        for (std::size_t i = 0; i < weights.size(); i += 2) EXPECT_EQ(made[i], 0) << asked.format;
    }
}

TEST(GptqOfFormats, StaticGroupsKeepTheStepsOfTheOriginalWeight) {
    base::Random random(22);
    const std::int64_t rows = 8, columns = 96;
    for (WeightSpec asked : {spec(4, "int", 16), spec(4, "nf4", 16), spec(4, "mxfp4"), spec(4, "nvfp4")}) {
        const auto weights = normalWeights(random, rows, columns);
        const auto inputs = correlatedInputs(random, 256, columns);
        const auto plain = roundedBy("rtn", weights, rows, columns, asked, inputs);
        const auto inTurn = roundedBy("gptq", weights, rows, columns, asked, inputs);
        EXPECT_NE(inTurn.scales, plain.scales) << "later groups have taken on earlier errors";
        asked.staticGroups = true;
        EXPECT_EQ(roundedBy("gptq", weights, rows, columns, asked, inputs).scales, plain.scales) << asked.format;
        asked.staticGroups = false;
        asked.actOrder = true;
        EXPECT_EQ(roundedBy("gptq", weights, rows, columns, asked, inputs).scales, plain.scales) << "another order leaves no other choice";
    }
}

}  // namespace
}  // namespace trimtab::compress
