#include <algorithm>
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/prune/magnitude.h"

namespace trimtab::compress {
namespace {

std::vector<float> randomValues(base::Random& random, std::size_t count) {
    std::vector<float> values(count);
    // Few distinct magnitudes, so that ties are the rule.
    for (float& value : values) value = static_cast<float>(static_cast<int>(random.below(9)) - 4) / 2;
    return values;
}

// Sort all by (magnitude, place), zero the first k: the definition.
std::vector<float> prunedByDefinition(std::vector<float> values, std::size_t k) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return std::abs(values[a]) < std::abs(values[b]); });
    for (std::size_t i = 0; i < k; ++i) values[order[i]] = 0;
    return values;
}

TEST(PruneSmallest, AgreesWithSortingByMagnitudeThenIndex) {
    base::Random random(11);
    for (int i = 0; i < 2000; ++i) {
        std::vector<float> values = randomValues(random, 1 + random.below(20));
        const std::int64_t k = static_cast<std::int64_t>(random.below(values.size()));
        // A ratio that asks for exactly k.
        const double ratio = (static_cast<double>(k) + 0.25) / static_cast<double>(values.size());
        const std::vector<float> wanted = prunedByDefinition(values, static_cast<std::size_t>(k));
        const std::span<float> whole(values);
        pruneSmallest(std::span(&whole, 1), ratio);
        EXPECT_EQ(values, wanted);
    }
}

// Of all ways to zero k weights none changes the sum of squares less.
TEST(PruneSmallest, LosesTheLeastEnergyOfAllChoices) {
    base::Random random(5);
    for (int i = 0; i < 100; ++i) {
        std::vector<float> values = randomValues(random, 8);
        for (float& value : values) value += static_cast<float>(random.uniform(-0.3, 0.3));
        const std::vector<float> before = values;
        const std::span<float> whole(values);
        pruneSmallest(std::span(&whole, 1), 0.5);
        double least = 1e9;
        for (unsigned mask = 0; mask < 256; ++mask) {
            if (__builtin_popcount(mask) != 4) continue;
            double lost = 0;
            for (unsigned bit = 0; bit < 8; ++bit)
                if ((mask >> bit & 1U) != 0) lost += static_cast<double>(before[bit]) * before[bit];
            least = std::min(least, lost);
        }
        double lost = 0;
        for (std::size_t j = 0; j < 8; ++j) lost += std::pow(before[j] - values[j], 2.0);
        EXPECT_NEAR(lost, least, 1e-9);
    }
}

TEST(PruneSmallest, SharesOneThresholdOverSeveralParts) {
    base::Random random(21);
    for (int i = 0; i < 500; ++i) {
        std::vector<float> first = randomValues(random, 1 + random.below(9));
        std::vector<float> second = randomValues(random, 1 + random.below(9));
        std::vector<float> joined = first;
        joined.insert(joined.end(), second.begin(), second.end());
        const std::size_t k = random.below(joined.size());
        const double ratio = (static_cast<double>(k) + 0.25) / static_cast<double>(joined.size());
        joined = prunedByDefinition(joined, k);
        const std::span<float> parts[] = {first, second};
        pruneSmallest(parts, ratio);
        first.insert(first.end(), second.begin(), second.end());
        EXPECT_EQ(first, joined);
    }
}

TEST(PruneSmallest, CountsTheDecimalRatioThatWasWritten) {
    EXPECT_EQ(countToPrune(0.29, 100), 29) << "0.29 · 100 is a little below 29 in binary";
    EXPECT_EQ(countToPrune(0.57, 100), 57);
    EXPECT_EQ(countToPrune(0.5, 7), 3);
    EXPECT_EQ(countToPrune(0.999, 10), 9);
    EXPECT_EQ(countToPrune(0, 10), 0);
    EXPECT_EQ(countToPrune(0.5, 0), 0);
    for (int hundredths = 0; hundredths < 100; ++hundredths)
        for (int count = 0; count < 300; ++count) EXPECT_EQ(countToPrune(hundredths / 100.0, count), hundredths * count / 100);
}

TEST(PruneSmallest, InfinitiesAreTheLargest) {
    std::vector<float> values{INFINITY, 1, -INFINITY, 2};
    const std::span<float> whole(values);
    pruneSmallest(std::span(&whole, 1), 0.5);
    EXPECT_EQ(values, (std::vector<float>{INFINITY, 0, -INFINITY, 0}));
}

}  // namespace
}  // namespace trimtab::compress
