// Order statistics and intervals against closed forms, tables and simulation.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/base/random.h"
#include "core/base/statistics.h"

namespace trimtab::base {
namespace {

std::vector<double> oneTo(int n) {
    std::vector<double> values(static_cast<std::size_t>(n));
    std::iota(values.begin(), values.end(), 1.0);
    return values;
}

TEST(Statistics, MedianOfAnEvenCountIsTheMeanOfTheMiddleTwo) {
    EXPECT_EQ(median(std::vector<double>{4, 1, 3, 2}), 2.5);
    EXPECT_EQ(median(std::vector<double>{5, 1, 9}), 5);
}

TEST(Statistics, QuantileInterpolatesBetweenOrderStatistics) {
    EXPECT_DOUBLE_EQ(quantile(oneTo(5), 0.25), 2);
    EXPECT_DOUBLE_EQ(quantile(oneTo(4), 0.95), 3.85);
}

// Textbook intervals of the median: n = 10 gives x(2)…x(9), n = 6 gives x(1)…x(6).
TEST(Statistics, IntervalOfTheMedianFollowsTheBinomialTable) {
    const auto ten = quantileInterval(oneTo(10), 0.5);
    ASSERT_TRUE(ten);
    EXPECT_EQ(ten->low, 2);
    EXPECT_EQ(ten->high, 9);
    const auto six = quantileInterval(oneTo(6), 0.5);
    ASSERT_TRUE(six);
    EXPECT_EQ(six->low, 1);
    EXPECT_EQ(six->high, 6);
    EXPECT_FALSE(quantileInterval(oneTo(3), 0.5));
}

TEST(Statistics, GivesNo95thPercentileUnder59SamplesAndNo99thUnder299) {
    EXPECT_FALSE(percentile95(oneTo(58)));
    ASSERT_TRUE(percentile95(oneTo(59)));
    EXPECT_EQ(percentile95(oneTo(59))->interval.high, 59);
    EXPECT_FALSE(percentile99(oneTo(298)));
    EXPECT_TRUE(percentile99(oneTo(299)));
}

TEST(Statistics, QuantileIntervalsCoverTheTruthAsOftenAsTheySay) {
    Random random(17);
    int covered = 0;
    constexpr int kRounds = 1000;
    for (int round = 0; round < kRounds; ++round) {
        std::vector<double> values(200);
        for (double& value : values) value = random.uniform();
        const auto interval = quantileInterval(values, 0.95);
        ASSERT_TRUE(interval);
        covered += interval->low <= 0.95 && 0.95 <= interval->high;
    }
    EXPECT_GE(covered, 935);
}

TEST(Statistics, SpeedupOfEqualBlocksIsTheRatioOfMedians) {
    const std::vector<PairedBlock> blocks(5, {{10, 12, 11}, {5, 6, 5.5}});
    const Estimate speedup = pairedSpeedup(blocks);
    EXPECT_DOUBLE_EQ(speedup.value, 2);
    EXPECT_NEAR(speedup.interval.low, 2, 1e-12);
    EXPECT_NEAR(speedup.interval.high, 2, 1e-12);
}

TEST(Statistics, OneBlockProvesNothing) {
    const Estimate speedup = pairedSpeedup(std::vector<PairedBlock>{{{10}, {5}}});
    EXPECT_EQ(speedup.value, 2);
    EXPECT_EQ(speedup.interval.low, 0);
    EXPECT_TRUE(std::isinf(speedup.interval.high));
}

// Blocks drift together (a slow process slows both sides): the ratio must not notice, and the interval must cover.
TEST(Statistics, SpeedupIntervalsCoverUnderDriftBetweenBlocks) {
    Random random(23);
    int covered = 0;
    constexpr int kRounds = 300;
    for (int round = 0; round < kRounds; ++round) {
        std::vector<PairedBlock> blocks(5);
        for (PairedBlock& block : blocks) {
            const double drift = std::exp(0.5 * random.normal());
            const double ratio = 1.5 * std::exp(0.02 * random.normal());
            for (int i = 0; i < 9; ++i) {
                block.baseline.push_back(drift * (1.5 + 0.01 * random.uniform()));
                block.trial.push_back(drift * (1.5 + 0.01 * random.uniform()) / ratio);
            }
        }
        const Estimate speedup = pairedSpeedup(blocks, static_cast<std::uint64_t>(round));
        covered += speedup.interval.low <= 1.5 && 1.5 <= speedup.interval.high;
    }
    EXPECT_GE(covered, 279);  // 93 % of 300
}

TEST(Statistics, PairedDifferencesDoNotSeeWhatSamplesShare) {
    Random random(29);
    std::vector<double> baseline(400), trial(400);
    for (std::size_t i = 0; i < baseline.size(); ++i) {
        baseline[i] = 100 * random.normal();
        trial[i] = baseline[i] + 0.5 + 0.1 * random.normal();
    }
    const Estimate difference = pairedDifference(baseline, trial);
    EXPECT_NEAR(difference.value, 0.5, 0.02);
    EXPECT_LT(difference.interval.high - difference.interval.low, 0.05);
}

TEST(Statistics, RatioOfSpeedupsIsOneForEqualSidesAndExcludesOneForFasterOnes) {
    Random random(31);
    const auto blocksOf = [&](double ratio) {
        std::vector<PairedBlock> blocks(6);
        for (PairedBlock& block : blocks) {
            const double drift = std::exp(0.3 * random.normal());
            for (int i = 0; i < 5; ++i) {
                block.baseline.push_back(drift * (1 + 0.01 * random.normal()));
                block.trial.push_back(drift / ratio * (1 + 0.01 * random.normal()));
            }
        }
        return blocks;
    };
    const auto twice = blocksOf(2), half = blocksOf(1), alsoTwice = blocksOf(2);
    EXPECT_NEAR(speedupRatio(twice, half).value, 2, 0.05);
    EXPECT_GT(speedupRatio(twice, half).interval.low, 1);
    const Estimate equal = speedupRatio(twice, alsoTwice);
    EXPECT_TRUE(equal.interval.low < 1 && 1 < equal.interval.high);
    EXPECT_GT(speedupRatio(twice, std::vector<PairedBlock>{}).interval.low, 1);
    EXPECT_EQ(speedupRatio(std::vector<PairedBlock>{}, std::vector<PairedBlock>{}).interval.high, 1);
    EXPECT_TRUE(std::isinf(speedupRatio(twice, std::vector<PairedBlock>{{{1}, {1}}}).interval.high));
}

TEST(Statistics, WeightedDifferencesCountSamplesByTheirTokens) {
    const std::vector<double> baseline{1, 1, 1}, trial{2, 1, 1}, weights{8, 1, 1};
    EXPECT_DOUBLE_EQ(pairedDifference(baseline, trial, weights).value, 0.8);
}

TEST(Statistics, IntervalsOfPairedDifferencesCoverTheTruth) {
    Random random(37);
    int covered = 0;
    constexpr int kRounds = 600;
    for (int round = 0; round < kRounds; ++round) {
        std::vector<double> baseline(120), trial(120), weights(120);
        for (std::size_t i = 0; i < baseline.size(); ++i) {
            baseline[i] = random.normal();
            trial[i] = baseline[i] + 0.3 + random.normal();
            weights[i] = random.uniform(0.5, 1.5);
        }
        const Estimate difference = pairedDifference(baseline, trial, weights);
        covered += difference.interval.low <= 0.3 && 0.3 <= difference.interval.high;
    }
    EXPECT_GE(covered, 552);  // 92 % of 600
}

// Wilson's own example form: 0 of 10 gives [0, 0.2775].
TEST(Statistics, ProportionAtTheEdgeKeepsAnInterval) {
    const Estimate none = proportion(0, 10);
    EXPECT_EQ(none.value, 0);
    EXPECT_NEAR(none.interval.low, 0, 1e-12);
    EXPECT_NEAR(none.interval.high, 0.2775, 5e-4);
}

TEST(Statistics, TheSameSeedGivesTheSameInterval) {
    const auto values = oneTo(50);
    EXPECT_EQ(bootstrapMean(values, 5).interval.low, bootstrapMean(values, 5).interval.low);
}

}  // namespace
}  // namespace trimtab::base
