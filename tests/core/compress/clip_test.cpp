#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/quantize/clip.h"
#include "core/compress/quantize/half_quadratic.h"
#include "core/compress/quantize/round_to_nearest.h"

namespace trimtab::compress {
namespace {

recipe::WeightSpec spec(int bits, std::int64_t group, bool symmetric) {
    recipe::WeightSpec made{bits};
    made.group = group;
    made.scheme = symmetric ? "symmetric" : "asymmetric";
    return made;
}

std::vector<float> normals(base::Random& random, std::size_t count, double size = 1, double offset = 0) {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>((random.normal() + offset) * size);
    return values;
}

// Stated apart from encode(): nearest code by trying all of them.
double errorByDefinition(const std::vector<float>& values, const Step& step, int bits, bool symmetric, double power) {
    const int half = 1 << (bits - 1);
    double sum = 0;
    for (const float value : values) {
        double least = INFINITY;
        for (int code = symmetric ? 1 - half : -half; code < half; ++code)
            least = std::min(least, std::abs(value - static_cast<double>(code - step.zero) * step.scale));
        sum += std::pow(least, power);
    }
    return sum;
}

double summedError(const std::vector<float>& values, const tensor::QuantizedWeight& weight, double power) {
    double sum = 0;
    for (std::int64_t i = 0; i < weight.rows * weight.columns; ++i) {
        const auto group = static_cast<std::size_t>(i / weight.columns * weight.groups() + i % weight.columns / weight.group);
        const int zero = weight.zeroPoints.empty() ? 0 : weight.zeroPoints[group];
        const auto at = static_cast<std::size_t>(i);
        const float rounded = static_cast<float>(weight.codes[at] - zero) * weight.scales[group];
        sum += std::pow(std::abs(static_cast<double>(values[at]) - rounded), power);
    }
    return sum;
}

TEST(ClippedStep, IsNeverWorseThanTheFullRange) {
    base::Random random(71);
    for (int i = 0; i < 600; ++i) {
        const int bits = static_cast<int>(2 + random.below(7));
        const bool symmetric = random.below(2) == 0;
        std::vector<float> values = normals(random, 1 + random.below(70), std::pow(10.0, random.uniform(-40, 15)),
                                            random.below(3) == 0 ? random.uniform(-5, 5) : 0);
        if (random.below(2) == 0) values[random.below(values.size())] *= 20;
        const Step full = stepFor(rangeOf(values), bits, symmetric);
        const Step clipped = clippedStep(values, bits, symmetric);
        EXPECT_LE(squaredError(values, clipped, bits, symmetric), squaredError(values, full, bits, symmetric));
    }
}

TEST(ClippedStep, CountsTheErrorThatTheNearestCodesLeave) {
    base::Random random(72);
    for (int i = 0; i < 100; ++i) {
        const int bits = static_cast<int>(2 + random.below(3));
        const bool symmetric = random.below(2) == 0;
        const std::vector<float> values = normals(random, 20);
        const Step step = clippedStep(values, bits, symmetric);
        const double squares = errorByDefinition(values, step, bits, symmetric, 2);
        EXPECT_NEAR(squaredError(values, step, bits, symmetric), squares, 1e-5 * squares);
        const double powers = errorByDefinition(values, step, bits, symmetric, kErrorPower);
        EXPECT_NEAR(powerError(values, step, bits, symmetric), powers, 1e-4 * powers);
    }
}

TEST(ClippedStep, ThreeBitsWithAnOutlierGainMuch) {
    base::Random random(73);
    for (const bool symmetric : {true, false}) {
        std::vector<float> values = normals(random, 128);
        values[17] = 8;
        const double full = squaredError(values, stepFor(rangeOf(values), 3, symmetric), 3, symmetric);
        const double clipped = squaredError(values, clippedStep(values, 3, symmetric), 3, symmetric);
        EXPECT_LT(clipped, (symmetric ? 0.6 : 0.8) * full) << (symmetric ? "symmetric" : "asymmetric");
    }
}

// Of all zero points and a scale for each percent of the full range's and beyond.
TEST(ClippedStep, ComesCloseToTheBestOfAllSteps) {
    base::Random random(75);
    for (int i = 0; i < 40; ++i) {
        const int bits = static_cast<int>(2 + random.below(3));
        const int half = 1 << (bits - 1);
        const bool symmetric = i % 2 == 0;
        std::vector<float> values = normals(random, 128);
        if (i % 4 < 2) values[5] = 9;
        const float full = stepFor(rangeOf(values), bits, symmetric).scale;
        double least = INFINITY;
        for (int zero = symmetric ? 0 : -half; zero < (symmetric ? 1 : half); ++zero)
            for (int share = 20; share <= 400; ++share)
                least = std::min(least, squaredError(values, {full * static_cast<float>(share) / 400, zero}, bits, symmetric));
        EXPECT_LE(squaredError(values, clippedStep(values, bits, symmetric), bits, symmetric), 1.05 * least) << bits << symmetric;
    }
}

TEST(ClippedStep, WhatIsExactStaysAsItIs) {
    const std::vector<float> onGrid{-7, 3, 0, 5, 7};
    EXPECT_EQ(clippedStep(onGrid, 4, true).scale, 1);
    const std::vector<float> zeros(9, 0.0F);
    for (const bool symmetric : {true, false}) EXPECT_EQ(clippedStep(zeros, 4, symmetric).scale, 1);
}

TEST(RoundClipped, FollowsTheGroupsOfRoundToNearestAndItsRefusals) {
    base::Random random(76);
    const std::vector<float> values = normals(random, 7 * 50);
    for (const std::int64_t group : {-1, 0, 1, 16, 100}) {
        for (const bool symmetric : {true, false}) {
            const auto plain = roundToNearest(values, 7, 50, spec(3, group, symmetric));
            const auto asked = spec(3, group, symmetric);
            for (const auto& weight : {roundClipped(values, 7, 50, asked), halfQuadratic(values, 7, 50, asked)}) {
                ASSERT_TRUE(weight);
                EXPECT_EQ(weight->group, plain->group);
                EXPECT_EQ(weight->scales.size(), plain->scales.size());
                EXPECT_EQ(weight->zeroPoints.size(), plain->zeroPoints.size());
                EXPECT_EQ(weight->codes.size(), plain->codes.size());
                for (const int code : weight->codes) {
                    EXPECT_GE(code, symmetric ? -3 : -4);
                    EXPECT_LE(code, 3);
                }
            }
            const auto clipped = roundClipped(values, 7, 50, spec(3, group, symmetric));
            EXPECT_LE(summedError(values, *clipped, 2), summedError(values, *plain, 2));
        }
    }
    EXPECT_EQ(roundClipped({1, INFINITY}, 1, 2, spec(4, 0, true)).error().code, ErrorCode::Refused);
    EXPECT_EQ(halfQuadratic({1, -INFINITY}, 1, 2, spec(4, 0, false)).error().code, ErrorCode::Refused);
}

struct Ends {
    int lowest, highest;
};

Ends endsOf(int bits, bool symmetric) {
    const int half = 1 << (bits - 1);
    return {symmetric ? 1 - half : -half, half - 1};
}

/// The code nearest to each value, found by trying all of them.
std::vector<int> nearestCodes(const std::vector<float>& values, double scale, int zero, const Ends& ends) {
    std::vector<int> codes;
    for (const float value : values) {
        int nearest = ends.lowest;
        const auto distance = [&](int code) { return std::abs(value - (code - zero) * scale); };
        for (int code = ends.lowest; code <= ends.highest; ++code)
            if (distance(code) < distance(nearest)) nearest = code;
        codes.push_back(nearest);
    }
    return codes;
}

/// The step by the normal equations of targets ≈ a · (codes − z), z made whole within the codes. False when the line does not rise.
bool fitLine(const std::vector<int>& codes, const std::vector<double>& targets, bool symmetric, const Ends& ends, double& slope,
             int& zero) {
    const auto n = static_cast<double>(codes.size());
    double q = 0, t = 0, qq = 0, qt = 0;
    for (std::size_t i = 0; i < codes.size(); ++i) {
        q += codes[i];
        t += targets[i];
        qq += codes[i] * codes[i];
        qt += codes[i] * targets[i];
    }
    zero = 0;
    if (!symmetric) {
        const double rise = (n * qt - q * t) / (n * qq - q * q);
        if (!(rise > 1e-12)) return false;
        zero = std::clamp(static_cast<int>(std::lround(-(t - rise * q) / n / rise)), ends.lowest, ends.highest);
    }
    slope = (qt - zero * t) / (qq - 2 * zero * q + n * zero * zero);
    return slope > 0;
}

/// The turns of half_quadratic.h, from its equations alone: p = 0.7, β = 10, κ = 1.01, 20 turns while the error falls by a thousandth.
Step stepByTurns(const std::vector<float>& values, int bits, bool symmetric) {
    const Ends ends = endsOf(bits, symmetric);
    const Step full = stepFor(rangeOf(values), bits, symmetric);
    double scale = full.scale, beta = 10, last = INFINITY, least = INFINITY;
    int zero = full.zero;
    Step best = full;
    for (int turn = 0; turn < 20; ++turn, beta *= 1.01) {
        const std::vector<int> codes = nearestCodes(values, scale, zero, ends);
        double error = 0;
        std::vector<double> targets;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double x = values[i] / scale - (codes[i] - zero);
            error += std::pow(std::abs(x) * scale, 0.7);
            const double shrunken = x == 0 ? 0 : std::max(std::abs(x) - std::pow(std::abs(x), 0.7 - 1) / beta, 0.0);
            targets.push_back(values[i] / scale - (x < 0 ? -shrunken : shrunken));
        }
        if (error < least) {
            least = error;
            best = {static_cast<float>(scale), zero};
        }
        double slope = 0;
        int moved = 0;
        if (!(error < 0.999 * last) || error == 0 || !fitLine(codes, targets, symmetric, ends, slope, moved)) break;
        last = error;
        scale = static_cast<float>(scale * slope);
        zero = moved;
    }
    return best;
}

TEST(HalfQuadratic, TakesTheTurnsOfItsEquations) {
    base::Random random(77);
    int moved = 0;
    for (int i = 0; i < 400; ++i) {
        const int bits = static_cast<int>(2 + random.below(5));
        const bool symmetric = random.below(2) == 0;
        std::vector<float> values = normals(random, 8 + random.below(120), 1, random.below(3) == 0 ? random.uniform(-5, 5) : 0);
        if (random.below(2) == 0) values[random.below(values.size())] *= 20;
        const Step wanted = stepByTurns(values, bits, symmetric);
        const Step step = halfQuadraticStep(values, bits, symmetric);
        EXPECT_NEAR(step.scale, wanted.scale, 1e-5 * wanted.scale) << bits << (symmetric ? " symmetric" : " asymmetric");
        EXPECT_EQ(step.zero, wanted.zero) << bits << (symmetric ? " symmetric" : " asymmetric");
        const Step full = stepFor(rangeOf(values), bits, symmetric);
        moved += wanted.scale != full.scale ? 1 : 0;
        const double ofFull = errorByDefinition(values, full, bits, symmetric, 0.7);
        EXPECT_LE(errorByDefinition(values, step, bits, symmetric, 0.7), (1 + 1e-5) * ofFull);
    }
    EXPECT_GT(moved, 200) << "the turns lead somewhere";
}

TEST(HalfQuadratic, StepsAreUsableWhateverTheSizeOfTheWeights) {
    base::Random random(80);
    for (int i = 0; i < 300; ++i) {
        const int bits = static_cast<int>(2 + random.below(7));
        const std::vector<float> values = normals(random, 1 + random.below(70), std::pow(10.0, random.uniform(-40, 15)));
        EXPECT_TRUE(std::isnormal(halfQuadraticStep(values, bits, i % 2 == 0).scale));
    }
}

TEST(HalfQuadratic, FewBitsGainInBothSchemes) {
    base::Random random(78);
    for (const bool symmetric : {true, false}) {
        for (const int bits : {2, 3, 4}) {
            const std::vector<float> values = normals(random, 64 * 64, 0.02);
            const auto plain = roundToNearest(values, 64, 64, spec(bits, 64, symmetric));
            const auto fitted = halfQuadratic(values, 64, 64, spec(bits, 64, symmetric));
            EXPECT_LT(summedError(values, *fitted, kErrorPower), (bits == 4 ? 0.99 : 0.96) * summedError(values, *plain, kErrorPower))
                << bits << (symmetric ? " symmetric" : " asymmetric");
            EXPECT_LT(summedError(values, *fitted, 2), 0.98 * summedError(values, *plain, 2)) << "nor are large weights given up for it";
        }
    }
}

TEST(HalfQuadratic, DoesNotDependOnTheUnitsOfTheWeights) {
    base::Random random(79);
    const std::vector<float> values = normals(random, 64);
    for (const bool symmetric : {true, false}) {
        const Step step = halfQuadraticStep(values, 3, symmetric);
        for (const float unit : {0x1p-20F, 0x1p20F}) {
            std::vector<float> scaled = values;
            for (float& value : scaled) value *= unit;
            const Step other = halfQuadraticStep(scaled, 3, symmetric);
            EXPECT_FLOAT_EQ(other.scale, step.scale * unit);
            EXPECT_EQ(other.zero, step.zero);
        }
    }
}

TEST(HalfQuadratic, ZerosAndConstantsAreExact) {
    for (const bool symmetric : {true, false}) {
        for (const float value : {0.0F, 3.0F, -0.25F}) {
            const std::vector<float> values(10, value);
            EXPECT_NEAR(powerError(values, halfQuadraticStep(values, 4, symmetric), 4, symmetric), 0, 1e-3);
        }
    }
}

}  // namespace
}  // namespace trimtab::compress
