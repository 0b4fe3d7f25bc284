#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/calibrate/calibrator.h"
#include "core/compress/calibrate/histogram.h"

namespace trimtab::compress {
namespace {

constexpr const char* kNames[] = {"minmax", "percentile", "entropy", "mse"};

Range calibrated(const char* name, const std::vector<float>& values, int bits, bool symmetric, double percentile = kUsualPercentile) {
    auto calibrator = makeCalibrator(name, percentile);
    EXPECT_TRUE(calibrator);
    // In uneven batches, as activations come.
    for (std::size_t at = 0, size = 1; at < values.size(); at += size, size = size * 2 + 1) {
        size = std::min(size, values.size() - at);
        EXPECT_TRUE((*calibrator)->see(std::span(values).subspan(at, size)));
    }
    EXPECT_EQ((*calibrator)->count(), static_cast<std::int64_t>(values.size()));
    return (*calibrator)->range(bits, symmetric);
}

std::vector<float> evenly(double low, double high, int count) {
    std::vector<float> values;
    for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(low + (high - low) * (i + 0.5) / count));
    return values;
}

std::vector<float> normals(std::uint64_t seed, std::size_t count) {
    base::Random random(seed);
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
}

double squaredErrorOn(const std::vector<float>& values, const Range& range, int bits, bool symmetric) {
    const Step step = stepFor(range, bits, symmetric);
    const CodeLimits limits = codeLimits(bits, symmetric);
    double sum = 0;
    for (const float value : values) {
        const double steps = std::round(value / static_cast<double>(step.scale));
        const double code = std::clamp<double>(steps + step.zero, limits.lowest, limits.highest);
        sum += std::pow(value - (code - step.zero) * step.scale, 2);
    }
    return sum;
}

TEST(Calibrators, UniformDataKeepTheirRange) {
    const std::vector<float> values = evenly(-3, 5, 40000);
    for (const char* name : kNames) {
        const Range asymmetric = calibrated(name, values, 8, false);
        EXPECT_NEAR(asymmetric.low, -3, 0.06) << name;
        EXPECT_NEAR(asymmetric.high, 5, 0.06) << name;
        const Range symmetric = calibrated(name, values, 8, true);
        EXPECT_NEAR(symmetric.high, 5, 0.06) << name;
        EXPECT_EQ(symmetric.low, -symmetric.high) << name;
    }
}

TEST(Calibrators, PercentileOfUniformDataIsThatShareOfTheRange) {
    const std::vector<float> values = evenly(0, 10, 50000);
    EXPECT_NEAR(calibrated("percentile", values, 8, true, 90).high, 9, 0.01);
    EXPECT_NEAR(calibrated("percentile", values, 8, false, 90).high, 9.5, 0.01) << "a tail of 5 % at each end";
    EXPECT_EQ(calibrated("percentile", values, 8, false, 90).low, 0) << "zero is always in the range";
    const std::vector<float> both = evenly(-10, 10, 50000);
    EXPECT_NEAR(calibrated("percentile", both, 8, true, 80).high, 8, 0.01);
    EXPECT_NEAR(calibrated("percentile", both, 8, false, 80).low, -8, 0.02);
    EXPECT_EQ(calibrated("percentile", both, 8, true, 100).high, both.back());
}

TEST(Calibrators, TwoPointsKeepBoth) {
    std::vector<float> values;
    for (int i = 0; i < 500; ++i) values.insert(values.end(), {-1.5F, 4.0F});
    for (const char* name : kNames) {
        const Range range = calibrated(name, values, 8, false);
        EXPECT_NEAR(range.low, -1.5, 0.01) << name;
        EXPECT_NEAR(range.high, 4, 0.02) << name;
        EXPECT_NEAR(calibrated(name, values, 8, true).high, 4, 0.02) << name;
    }
}

TEST(Calibrators, OneHugeOutlierMovesMinMaxAlone) {
    std::vector<float> values = normals(81, 100000);
    values[777] = 100;
    EXPECT_EQ(calibrated("minmax", values, 8, false).high, 100);
    EXPECT_EQ(calibrated("minmax", values, 8, true).low, -100);
    const double usual = 3.89;  // two tails of 0.005 % of the normal distribution
    EXPECT_NEAR(calibrated("percentile", values, 8, true).high, usual, 0.25);
    EXPECT_NEAR(calibrated("percentile", values, 8, false).high, usual, 0.25);
    EXPECT_NEAR(calibrated("percentile", values, 8, false).low, -usual, 0.25);
    EXPECT_LT(calibrated("entropy", values, 8, true).high, 20);
    EXPECT_LT(calibrated("mse", values, 4, true).high, 10);
}

// Of the clips at every value of a small set, and of a fine grid between them besides.
TEST(Calibrators, MseComesCloseToTheBestOfAllClips) {
    for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
        std::vector<float> values = normals(seed, 300);
        if (seed % 2 == 0) values[0] = 9;
        if (seed % 3 == 0)
            for (float& value : values) value = std::max(value, 0.0F);
        const bool oneSided = seed % 3 == 0;
        for (const int bits : {3, 4, 6}) {
            for (const bool symmetric : {true, false}) {
                if (!symmetric && !oneSided) continue;
                double least = INFINITY;
                const auto attempt = [&](float end) {
                    least = std::min(least, squaredErrorOn(values, {symmetric ? -end : 0, end}, bits, symmetric));
                };
                for (const float value : values)
                    if (value != 0) attempt(std::abs(value));
                const float largest = calibrated("minmax", values, bits, true).high;
                for (int i = 1; i < 2000; ++i) attempt(static_cast<float>(i) * largest / 2000);
                const double found = squaredErrorOn(values, calibrated("mse", values, bits, symmetric), bits, symmetric);
                EXPECT_LE(found, 1.04 * least) << seed << ' ' << bits << ' ' << symmetric;
                EXPECT_LE(found, squaredErrorOn(values, calibrated("minmax", values, bits, symmetric), bits, symmetric) * 1.001);
            }
        }
    }
}

TEST(Calibrators, MseSearchesBothEndsApart) {
    std::vector<float> values = normals(83, 2000);
    values[0] = 30;
    const auto found = squaredErrorOn(values, calibrated("mse", values, 4, false), 4, false);
    double least = INFINITY;
    for (int low = 0; low <= 40; ++low)
        for (int high = 1; high <= 60; ++high)
            least = std::min(least, squaredErrorOn(values, {static_cast<float>(-low) / 10, static_cast<float>(high) / 2}, 4, false));
    EXPECT_LE(found, 1.03 * least);
    EXPECT_LE(found, 0.6 * squaredErrorOn(values, calibrated("minmax", values, 4, false), 4, false));
}

TEST(Calibrators, EntropyKeepsAllOfWhatTheLevelsHoldExactly) {
    base::Random random(84);
    for (const int bits : {3, 4, 6, 8}) {
        // Magnitudes 1 … levels − 1, each often enough, the last ones rarely: a clip would lose them, the levels lose nothing.
        const int levels = 1 << (bits - 1);
        std::vector<float> values;
        for (int level = 1; level < levels; ++level) {
            const auto count = 1 + random.below(50);
            for (std::uint64_t i = 0; i < count; ++i) values.push_back(static_cast<float>(random.below(2) == 0 ? level : -level));
        }
        EXPECT_EQ(calibrated("entropy", values, bits, true).high, static_cast<float>(levels - 1)) << bits;
    }
}

// The divergence as its source states it: bins into levels, levels back into the bins that hold something, all clips one by one.
double entropyClipByDefinition(const std::vector<float>& values, double width, std::size_t levels) {
    std::vector<double> bins;
    for (const float value : values) {
        const auto bin = static_cast<std::size_t>(std::abs(value) / width);
        bins.resize(std::max(bins.size(), bin + 1));
        bins[bin] += 1;
    }
    double least = INFINITY;
    std::size_t best = bins.size();
    for (std::size_t kept = bins.size(); kept >= levels; --kept) {
        std::vector<double> p(bins.begin(), bins.begin() + static_cast<std::ptrdiff_t>(kept));
        for (std::size_t i = kept; i < bins.size(); ++i) p[kept - 1] += bins[i];
        std::vector<double> q(kept);
        double qSum = 0;
        for (std::size_t level = 0; level < levels; ++level) {
            double sum = 0;
            double filled = 0;
            for (std::size_t i = level * kept / levels; i < (level + 1) * kept / levels; ++i) {
                sum += bins[i];
                filled += p[i] > 0 ? 1 : 0;
            }
            for (std::size_t i = level * kept / levels; i < (level + 1) * kept / levels; ++i) q[i] = p[i] > 0 ? sum / filled : 0;
            qSum += sum;
        }
        if (p[kept - 1] > 0 && q[kept - 1] == 0) q[kept - 1] = 1e-4;
        double divergence = 0;
        const auto count = static_cast<double>(values.size());
        for (std::size_t i = 0; i < kept; ++i)
            if (p[i] > 0) divergence += p[i] / count * std::log(p[i] / count / (q[i] / qSum));
        if (divergence < least - 1e-10) {
            least = divergence;
            best = kept;
        }
    }
    return static_cast<double>(best) * width;
}

TEST(Calibrators, EntropyAgreesWithItsDefinition) {
    for (const std::uint64_t seed : {91, 92, 93, 94, 95}) {
        std::vector<float> values = normals(seed, 20000);
        if (seed % 2 == 0)
            for (float& value : values) value *= std::abs(value);
        const float largest = calibrated("minmax", values, 8, true).high;
        const double width = std::exp2(std::floor(std::log2(largest)) + 1) / Histogram::kBins;
        for (const int bits : {4, 8}) {
            const double wanted = std::min<double>(entropyClipByDefinition(values, width, std::size_t{1} << (bits - 1)), largest);
            EXPECT_NEAR(calibrated("entropy", values, bits, true).high, wanted, 1e-6) << seed << ' ' << bits;
            // One side, by the levels of all codes.
            std::vector<float> above = values;
            for (float& value : above) value = std::abs(value);
            const double oneSided = std::min<double>(entropyClipByDefinition(above, width, std::size_t{1} << bits), largest);
            const Range range = calibrated("entropy", above, bits, false);
            EXPECT_NEAR(range.high, oneSided, 1e-6) << seed << ' ' << bits;
            EXPECT_EQ(range.low, 0);
        }
    }
}

TEST(Calibrators, ZerosOfAReluDoNotChangeTheClip) {
    std::vector<float> values = normals(85, 20000);
    for (float& value : values) value = std::abs(value);
    std::vector<float> withZeros = values;
    withZeros.resize(100000, 0.0F);
    for (const char* name : {"minmax", "entropy", "mse"}) {
        EXPECT_EQ(calibrated(name, withZeros, 8, false).high, calibrated(name, values, 8, false).high) << name;
    }
    EXPECT_LT(calibrated("percentile", withZeros, 8, false, 99).high, calibrated("percentile", values, 8, false, 99).high)
        << "zeros are values";
}

TEST(Calibrators, OrderAndBatchesDoNotMatter) {
    std::vector<float> values = normals(86, 5000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= static_cast<float>(std::exp2(static_cast<double>(i % 37) - 20));
    std::vector<float> sorted = values;
    std::sort(sorted.begin(), sorted.end(), [](float a, float b) { return std::abs(a) < std::abs(b); });
    for (const char* name : kNames) {
        for (const bool symmetric : {true, false}) {
            const Range first = calibrated(name, values, 8, symmetric);
            const Range second = calibrated(name, sorted, 8, symmetric);
            EXPECT_EQ(first.low, second.low) << name;
            EXPECT_EQ(first.high, second.high) << name;
        }
    }
}

TEST(Calibrators, NothingButZerosHasNoRange) {
    for (const char* name : kNames) {
        for (const bool symmetric : {true, false}) {
            for (const std::vector<float>& values : {std::vector<float>{}, std::vector<float>(50, 0.0F)}) {
                const Range range = calibrated(name, values, 8, symmetric);
                EXPECT_EQ(range.low, 0) << name;
                EXPECT_EQ(range.high, 0) << name;
            }
        }
    }
}

TEST(Calibrators, TheSmallestAndTheLargestFloatsFit) {
    constexpr float kMost = std::numeric_limits<float>::max();
    constexpr float kLeast = std::numeric_limits<float>::denorm_min();
    for (const char* name : kNames) {
        for (const bool symmetric : {true, false}) {
            const Range wide = calibrated(name, {kLeast, kMost, -kMost, kMost / 2}, 8, symmetric);
            EXPECT_TRUE(std::isfinite(wide.low) && std::isfinite(wide.high) && wide.high > 0) << name;
            const Range narrow = calibrated(name, {kLeast, 3 * kLeast, -kLeast}, 8, symmetric);
            EXPECT_GT(narrow.high, 0) << name;
            EXPECT_LE(narrow.high, 3 * kLeast) << name;
        }
    }
}

TEST(Calibrators, WhereNearlyAllIsZeroThePercentileKeepsTheRest) {
    std::vector<float> values(100000, 0.0F);
    values[3] = 7;
    EXPECT_EQ(calibrated("percentile", values, 8, true).high, 7);
    EXPECT_EQ(calibrated("percentile", values, 8, false).high, 7);
}

TEST(Calibrators, RefuseNaNAndCountInfinities) {
    const std::vector<float> wrong{1, 2, NAN};
    const std::vector<float> infinite{1, INFINITY, -2, -INFINITY};
    for (const char* name : kNames) {
        auto calibrator = std::move(*makeCalibrator(name));
        const Status refused = calibrator->see(wrong);
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().code, ErrorCode::Refused);
        EXPECT_EQ(calibrator->count(), 0) << "nothing of a refused batch counts";
        EXPECT_EQ(calibrator->range(8, false).high, 0);
        ASSERT_TRUE(calibrator->see(infinite));
        EXPECT_EQ(calibrator->infinities(), 2);
        EXPECT_EQ(calibrator->count(), 2);
        EXPECT_NEAR(calibrator->range(8, false).low, -2, 0.05) << name;
    }
}

TEST(Calibrators, OtherNamesAndPercentilesAreUsageErrors) {
    EXPECT_EQ(makeCalibrator("average").error().code, ErrorCode::Usage);
    for (const double percentile : {0.0, -1.0, 100.5, std::nan("")}) EXPECT_FALSE(makeCalibrator("percentile", percentile));
    EXPECT_TRUE(makeCalibrator("percentile", 100));
}

TEST(Histogram, HoldsWhatItWouldHaveHeldWithTheFinalRangeKnown) {
    base::Random random(87);
    std::vector<float> values;
    for (int i = 0; i < 3000; ++i) values.push_back(static_cast<float>(random.normal() * std::exp2(random.uniform(-12, 6))));
    Histogram histogram;
    for (const float value : values) ASSERT_TRUE(histogram.add(std::span(&value, 1)));
    std::vector<std::int64_t> positive(Histogram::kBins);
    std::vector<std::int64_t> negative(Histogram::kBins);
    for (const float value : values)
        ++(value < 0 ? negative : positive)[static_cast<std::size_t>(std::floor(std::abs(static_cast<double>(value)) / histogram.width()))];
    EXPECT_TRUE(std::equal(positive.begin(), positive.end(), histogram.positive().begin()));
    EXPECT_TRUE(std::equal(negative.begin(), negative.end(), histogram.negative().begin()));
    EXPECT_GT(histogram.width() * Histogram::kBins, histogram.largest());
    EXPECT_LE(histogram.width() * Histogram::kBins, 2 * histogram.largest());
}

}  // namespace
}  // namespace trimtab::compress
