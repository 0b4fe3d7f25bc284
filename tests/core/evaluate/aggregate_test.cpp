#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "core/base/random.h"
#include "core/evaluate/evaluate.h"

namespace trimtab::evaluate {
namespace {

TEST(Aggregate, GivesSharesWilsonsInterval) {
    // Wilson 1927 for 8 of 10 with z = 1.959964: centre (0.8 + z²/20)/(1 + z²/10) = 0.7167…, half width 0.2267…
    const auto estimate = aggregate("top1", {1, 1, 1, 1, 1, 1, 1, 1, 0, 0}, {});
    EXPECT_DOUBLE_EQ(estimate.value, 0.8);
    EXPECT_NEAR(estimate.interval.low, 0.4902, 1e-4);
    EXPECT_NEAR(estimate.interval.high, 0.9433, 1e-4);
}

TEST(Aggregate, WeighsSamplesByTheirTokens) {
    const auto estimate = aggregate("perplexity", {1, 3}, {3, 1});
    EXPECT_DOUBLE_EQ(estimate.value, std::exp(1.5));
    EXPECT_LE(estimate.interval.low, estimate.value);
    EXPECT_GE(estimate.interval.high, estimate.value);
    EXPECT_DOUBLE_EQ(aggregate("next_token_accuracy", {1, 0}, {1, 3}).value, 0.25);
}

TEST(Aggregate, LeavesOutSamplesWithoutTokens) {
    EXPECT_DOUBLE_EQ(aggregate("perplexity", {std::numeric_limits<double>::infinity(), 2}, {0, 5}).value, std::exp(2.0));
}

TEST(Aggregate, TakesTheRootOfTheMeanSquare) { EXPECT_DOUBLE_EQ(aggregate("rmse", {3, 4}, {}).value, std::sqrt(12.5)); }

TEST(Aggregate, CarriesInfinityWithoutBecomingNoNumber) {
    const auto estimate = aggregate("perplexity", {1, std::numeric_limits<double>::infinity(), 1}, {1, 1, 1});
    EXPECT_EQ(estimate.value, std::numeric_limits<double>::infinity());
    EXPECT_FALSE(std::isnan(estimate.interval.low));
    EXPECT_FALSE(std::isnan(estimate.interval.high));
}

TEST(Aggregate, CoversTheTruthAboutAsOftenAsItSays) {
    // Weighted means of seeded exponential scores, whose true mean is 1: the 95 % interval should hold it in nearly all of 200 studies.
    base::Random random(5);
    int covered = 0;
    constexpr int kStudies = 200;
    for (int study = 0; study < kStudies; ++study) {
        std::vector<double> scores(60);
        std::vector<double> weights(60);
        for (std::size_t i = 0; i < scores.size(); ++i) {
            scores[i] = -std::log(1 - random.uniform());
            weights[i] = 1 + static_cast<double>(random.below(3));
        }
        const auto estimate = aggregate("relative_error", scores, weights);
        covered += estimate.interval.low <= 1 && 1 <= estimate.interval.high;
    }
    EXPECT_GE(covered, 176);  // 88 %: a percentile bootstrap of 60 skewed samples falls a little short of 95 %
}

}  // namespace
}  // namespace trimtab::evaluate
