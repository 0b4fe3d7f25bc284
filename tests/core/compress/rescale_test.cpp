#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/calibrate/column_statistics.h"
#include "core/compress/quantize/round_to_nearest.h"
#include "core/compress/rescale/activation_aware.h"
#include "core/compress/rescale/columns.h"
#include "core/compress/rescale/output_error.h"
#include "core/compress/rescale/smooth.h"
#include "tests/core/compress/plain_math.h"

namespace trimtab::compress {
namespace {

std::vector<float> normals(base::Random& random, std::size_t count) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
}

/// rows × columns with some columns much larger than the others.
std::vector<float> inputs(base::Random& random, std::size_t rows, std::size_t columns, std::initializer_list<std::size_t> outliers) {
    std::vector<float> values = normals(random, rows * columns);
    for (std::size_t row = 0; row < rows; ++row)
        for (const std::size_t column : outliers) values[row * columns + column] *= 40;
    return values;
}

std::vector<float> gramOf(const std::vector<float>& x, std::size_t columns) {
    std::vector<float> gram(columns * columns);
    PlainMath math;
    const auto k = static_cast<std::int64_t>(columns);
    const std::int64_t rows = static_cast<std::int64_t>(x.size()) / k;
    EXPECT_TRUE(math.multiply(k, k, rows, 1, {x.data(), k, true}, {x.data(), k}, 0, gram.data(), k));
    return gram;
}

/// ‖X ΔWᵀ‖² from the outputs themselves.
double errorOfOutputs(const std::vector<float>& x, const std::vector<float>& difference, std::size_t columns) {
    double sum = 0;
    for (std::size_t row = 0; row < x.size(); row += columns) {
        for (std::size_t out = 0; out < difference.size(); out += columns) {
            double output = 0;
            for (std::size_t i = 0; i < columns; ++i) output += static_cast<double>(x[row + i]) * difference[out + i];
            sum += output * output;
        }
    }
    return sum;
}

RoundedValues roundedAt(int bits, std::int64_t group, const char* scheme) {
    recipe::WeightSpec spec{bits};
    spec.group = group;
    spec.scheme = scheme;
    return [spec](std::span<const float> values, std::int64_t rows, std::int64_t columns) -> Result<std::vector<float>> {
        TRIMTAB_TRY(const tensor::QuantizedWeight weight, roundToNearest({values.begin(), values.end()}, rows, columns, spec));
        std::vector<float> decoded(values.size());
        for (std::int64_t i = 0; i < rows * columns; ++i) {
            const auto at = static_cast<std::size_t>(i / columns * weight.groups() + i % columns / weight.group);
            const int zero = weight.zeroPoints.empty() ? 0 : weight.zeroPoints[at];
            decoded[static_cast<std::size_t>(i)] = static_cast<float>(weight.codes[static_cast<std::size_t>(i)] - zero) * weight.scales[at];
        }
        return decoded;
    };
}

TEST(SmoothScales, MoveSizeFromTheInputIntoTheWeights) {
    const std::vector<float> activation{100, 1, 4};
    const std::vector<float> weight{1, 1, 0.25F};
    const std::vector<float> half = smoothScales(activation, weight, 0.5);
    EXPECT_FLOAT_EQ(half[0], 10);
    EXPECT_FLOAT_EQ(half[1], 1);
    EXPECT_FLOAT_EQ(half[2], 4);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_FLOAT_EQ(activation[i] / half[i], weight[i] * half[i]) << "both sides alike at 0.5";
    EXPECT_EQ(smoothScales(activation, weight, 1), activation) << "every column of the input reaches 1";
    const std::vector<float> none = smoothScales(activation, weight, 0);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_FLOAT_EQ(none[i] * weight[i], 1) << "every column of the weights reaches 1";
}

TEST(SmoothScales, ColumnsWithNothingToMoveStay) {
    EXPECT_EQ(smoothScales(std::vector<float>{0, 5, 0}, std::vector<float>{3, 0, 0}, 0.5), (std::vector<float>{1, 1, 1}));
}

TEST(SmoothScales, AreUsableAtTheEndsOfTheNumbers) {
    const std::vector<float> activation{3e38F, 1e-45F};
    const std::vector<float> weight{1e-45F, 3e38F};
    for (const double alpha : {0.0, 0.3, 1.0}) {
        for (const float scale : smoothScales(activation, weight, alpha)) {
            EXPECT_TRUE(std::isnormal(scale) && scale > 0);
            EXPECT_TRUE(std::isnormal(1 / scale));
        }
    }
}

TEST(ColumnScales, MultiplyAConstantInItsOwnTypeAndADoubleInDouble) {
    const auto factor = [](std::int64_t i) { return i == 0 ? 1.0 : 1.0 / 3; };
    const auto inDouble = multiplied(Tensor::fromValues<double>(DataType::Float64, Shape{2}, {0x1.123456789abcdp0, 0.1}), factor);
    ASSERT_TRUE(inDouble);
    EXPECT_EQ(inDouble->data<double>()[0], 0x1.123456789abcdp0);
    EXPECT_EQ(inDouble->data<double>()[1], 0.1 * (1.0 / 3));
    const auto inFloat = multiplied(Tensor::fromFloats({2}, {5, 9}), factor);
    ASSERT_TRUE(inFloat);
    EXPECT_EQ(inFloat->data<float>()[0], 5);
    EXPECT_EQ(inFloat->data<float>()[1], 3);
}

TEST(ColumnScales, MultiplyAndDivideWholeColumns) {
    std::vector<float> rows{1, 2, 3, 4};
    const std::vector<float> scales{2, 8};
    multiplyColumns(rows, scales);
    EXPECT_EQ(rows, (std::vector<float>{2, 16, 6, 32}));
    divideColumns(rows, scales);
    EXPECT_EQ(rows, (std::vector<float>{1, 2, 3, 4}));
    std::vector<float> maxima{0, 3};
    raiseToColumnMaxima(std::vector<float>{1, 2, -5, 1}, maxima);
    EXPECT_EQ(maxima, (std::vector<float>{5, 3})) << "what was larger stays";
}

TEST(OutputError, IsThatOfTheOutputsThemselves) {
    base::Random random(112);
    PlainMath math;
    for (const std::size_t rows : {1U, 7U, 300U}) {
        const std::vector<float> x = inputs(random, 30, 9, {4});
        const std::vector<float> difference = normals(random, rows * 9);
        const double wanted = errorOfOutputs(x, difference, 9);
        const auto error = outputError(difference, 9, gramOf(x, 9), math);
        ASSERT_TRUE(error);
        EXPECT_NEAR(*error, wanted, 1e-5 * wanted);
    }
    EXPECT_EQ(*outputError({}, 9, gramOf(normals(random, 90), 9), math), 0);
}

TEST(ActivationPowers, AreOneAtZeroAndCentredOtherwise) {
    const std::vector<double> means{0.5, 8, 2, 0};
    EXPECT_EQ(activationPowers(means, 0), (std::vector<float>{1, 1, 1, 1}));
    const std::vector<float> half = activationPowers(means, 0.5);
    EXPECT_FLOAT_EQ(half[1] * half[0], 1) << "largest and smallest lie evenly about 1";
    EXPECT_FLOAT_EQ(half[1] / half[0], 4);
    EXPECT_FLOAT_EQ(half[3], half[0]) << "a dead column counts as the least of the others";
    EXPECT_EQ(activationPowers(std::vector<double>{0, 0}, 0.5), (std::vector<float>{1, 1}));
    for (const float scale : activationPowers(std::vector<double>{1e-200, 1e30}, 1)) EXPECT_TRUE(scale >= 0x1p-11F && scale <= 0x1p11F);
}

TEST(ActivationAware, IsNeverWorseThanPlainRounding) {
    base::Random random(113);
    PlainMath math;
    for (int i = 0; i < 12; ++i) {
        const std::size_t columns = 8 + random.below(20);
        const std::vector<float> x = i % 2 == 0 ? inputs(random, 40, columns, {}) : inputs(random, 40, columns, {random.below(columns)});
        ColumnStatistics statistics(static_cast<std::int64_t>(columns));
        ASSERT_TRUE(statistics.see(x));
        const std::vector<float> weight = normals(random, 6 * columns);
        const ReadingWeight reading[] = {{weight}};
        const auto rounded = roundedAt(static_cast<int>(2 + random.below(4)), 8, i % 3 == 0 ? "asymmetric" : "symmetric");
        const auto chosen = activationAwareScales(reading, statistics.meanMagnitudes(), gramOf(x, columns), rounded, math);
        ASSERT_TRUE(chosen);
        EXPECT_LE(chosen->error, chosen->plainError);
        EXPECT_GE(chosen->exponent, 0);
        EXPECT_LT(chosen->exponent, 1);

        // What it reports is what the outputs show.
        std::vector<float> scaled = weight;
        multiplyColumns(scaled, chosen->scales);
        std::vector<float> difference = *rounded(scaled, 6, static_cast<std::int64_t>(columns));
        divideColumns(difference, chosen->scales);
        for (std::size_t j = 0; j < difference.size(); ++j) difference[j] -= weight[j];
        const double shown = errorOfOutputs(x, difference, columns);
        EXPECT_NEAR(chosen->error, shown, 1e-4 * shown + 1e-6);
    }
}

/// The scales of the paper's section 3.2, stated apart: mean^α over the geometric middle of the largest and smallest of them.
std::vector<float> scalesByDefinition(const std::vector<double>& means, double exponent) {
    std::vector<double> powers;
    for (const double mean : means) powers.push_back(std::pow(mean, exponent));
    const auto [least, most] = std::ranges::minmax(powers);
    std::vector<float> scales;
    for (const double power : powers) scales.push_back(static_cast<float>(power / std::sqrt(least * most)));
    return scales;
}

TEST(ActivationAware, TakesTheBestExponentOfItsGrid) {
    base::Random random(116);
    PlainMath math;
    std::set<double> taken;
    for (int i = 0; i < 12; ++i) {
        const std::size_t columns = 16 + random.below(16);
        const std::vector<float> x = inputs(random, 40, columns, {random.below(columns), random.below(columns)});
        ColumnStatistics statistics(static_cast<std::int64_t>(columns));
        ASSERT_TRUE(statistics.see(x));
        const std::vector<float> first = normals(random, 6 * columns), second = normals(random, 3 * columns);
        const ReadingWeight reading[] = {{first}, {second}};
        const auto rounded = roundedAt(static_cast<int>(2 + random.below(3)), 8, i % 2 == 0 ? "asymmetric" : "symmetric");
        std::vector<double> errors;
        for (int step = 0; step < 20; ++step) {
            const std::vector<float> scales = scalesByDefinition(statistics.meanMagnitudes(), step / 20.0);
            double error = 0;
            for (const auto& weight : {first, second}) {
                std::vector<float> scaled = weight;
                for (std::size_t j = 0; j < scaled.size(); ++j) scaled[j] *= scales[j % columns];
                const std::size_t rows = scaled.size() / columns;
                std::vector<float> back = *rounded(scaled, static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns));
                for (std::size_t j = 0; j < back.size(); ++j) back[j] = weight[j] - back[j] / scales[j % columns];
                error += errorOfOutputs(x, back, columns);
            }
            errors.push_back(error);
        }
        const auto chosen = activationAwareScales(reading, statistics.meanMagnitudes(), gramOf(x, columns), rounded, math);
        ASSERT_TRUE(chosen);
        const auto best = std::ranges::min_element(errors);
        EXPECT_EQ(chosen->exponent, static_cast<double>(best - errors.begin()) / 20) << i;
        EXPECT_NEAR(chosen->error, *best, 1e-4 * *best);
        EXPECT_NEAR(chosen->plainError, errors.front(), 1e-4 * errors.front());
        taken.insert(chosen->exponent);
    }
    EXPECT_GT(taken.size(), 3U) << "different layers, different exponents";
}

TEST(ActivationAware, GainsMuchWhereAChannelStandsOut) {
    base::Random random(114);
    PlainMath math;
    const std::vector<float> x = inputs(random, 80, 32, {5, 20});
    ColumnStatistics statistics(32);
    ASSERT_TRUE(statistics.see(x));
    const std::vector<float> query = normals(random, 16 * 32);
    const std::vector<float> key = normals(random, 8 * 32);
    const ReadingWeight reading[] = {{query}, {key}};
    const std::vector<float> gram = gramOf(x, 32);
    const auto shared = activationAwareScales(reading, statistics.meanMagnitudes(), gram, roundedAt(3, 32, "symmetric"), math);
    ASSERT_TRUE(shared);
    EXPECT_LT(shared->error, 0.5 * shared->plainError);
    EXPECT_GT(shared->exponent, 0);
    EXPECT_GT(shared->scales[5], 2 * shared->scales[6]);

    // Weights that share an input add up their errors.
    const ReadingWeight queryAlone[] = {{query}};
    const ReadingWeight keyAlone[] = {{key}};
    const auto first = activationAwareScales(queryAlone, statistics.meanMagnitudes(), gram, roundedAt(3, 32, "symmetric"), math);
    const auto second = activationAwareScales(keyAlone, statistics.meanMagnitudes(), gram, roundedAt(3, 32, "symmetric"), math);
    EXPECT_NEAR(shared->plainError, first->plainError + second->plainError, 1e-6 * shared->plainError);
    EXPECT_GE(shared->error, (first->error + second->error) * (1 - 1e-6)) << "each alone is free to choose better";
}

TEST(ActivationAware, PlainRoundingWinsTies) {
    base::Random random(115);
    PlainMath math;
    const std::vector<float> x = inputs(random, 20, 8, {3});
    const std::vector<float> weight = normals(random, 3 * 8);
    const ReadingWeight reading[] = {{weight}};
    const RoundedValues nothing = [](std::span<const float> values, std::int64_t, std::int64_t) -> Result<std::vector<float>> {
        return std::vector<float>(values.size(), 0.0F);
    };
    const auto chosen = activationAwareScales(reading, std::vector<double>{1, 1, 1, 40, 1, 1, 1, 1}, gramOf(x, 8), nothing, math);
    EXPECT_EQ(chosen->exponent, 0);
    EXPECT_EQ(chosen->scales, std::vector<float>(8, 1.0F));
}

TEST(ActivationAware, FailsWithWhatTheRoundingFailsWith) {
    PlainMath math;
    const std::vector<float> weight{1, INFINITY};
    const ReadingWeight reading[] = {{weight}};
    const std::vector<float> gram{1, 0, 0, 1};
    const auto chosen = activationAwareScales(reading, std::vector<double>{1, 2}, gram, roundedAt(4, 0, "symmetric"), math);
    ASSERT_FALSE(chosen);
    EXPECT_EQ(chosen.error().code, ErrorCode::Refused);
}

}  // namespace
}  // namespace trimtab::compress
