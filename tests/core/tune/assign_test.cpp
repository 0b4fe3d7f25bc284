// The multiple-choice knapsack against trying everything.
#include "core/tune/assign.h"

#include <limits>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::tune {
namespace {

using testing::HasSubstr;

using Units = std::vector<std::vector<Way>>;

/// Least cost within the limit, infinity where nothing is.
double bruteForce(const Units& units, double limit, std::size_t unit = 0, double cost = 0, double weight = 0) {
    if (unit == units.size()) return weight <= limit ? cost : std::numeric_limits<double>::infinity();
    double best = std::numeric_limits<double>::infinity();
    for (const Way& way : units[unit]) best = std::min(best, bruteForce(units, limit, unit + 1, cost + way.cost, weight + way.weight));
    return best;
}

Units drawn(std::mt19937& random, bool negative) {
    Units units(1 + random() % 6);
    for (auto& ways : units) {
        ways.resize(1 + random() % 5);
        for (Way& way : ways) {
            way.cost = static_cast<double>(random() % 100) / 8;
            way.weight = static_cast<double>(random() % 100) / 8 - (negative ? 4 : 0);
        }
    }
    return units;
}

TEST(Assign, FindsWhatTryingEverythingFinds) {
    std::mt19937 random(1);
    int possible = 0;
    for (int round = 0; round < 500; ++round) {
        const Units units = drawn(random, round % 2 == 1);
        const double limit = static_cast<double>(random() % 300) / 8;
        const double best = bruteForce(units, limit);
        const auto found = assign(units, limit);
        ASSERT_EQ(found.has_value(), std::isfinite(best)) << round;
        if (!found) continue;
        ++possible;
        EXPECT_TRUE(found->exact);
        EXPECT_DOUBLE_EQ(found->cost, best) << round;
        double cost = 0, weight = 0;
        for (std::size_t unit = 0; unit < units.size(); ++unit) {
            cost += units[unit][found->ways[unit]].cost;
            weight += units[unit][found->ways[unit]].weight;
        }
        EXPECT_DOUBLE_EQ(cost, found->cost) << "the ways come to the cost that is told";
        EXPECT_DOUBLE_EQ(weight, found->weight);
        EXPECT_LE(weight, limit);
    }
    EXPECT_GT(possible, 100);
}

TEST(Assign, StaysWithinTheLimitWhenCombinationsAreGivenUp) {
    std::mt19937 random(2);
    std::uniform_real_distribution<double> uniform(0, 1);
    Units units(60);
    for (auto& ways : units)
        for (int i = 0; i < 6; ++i) {
            const double weight = uniform(random);
            ways.push_back({(1 - weight) * (1 - weight) + 0.1 * uniform(random), weight});
        }
    const auto exact = assign(units, 20, 2'000'000);
    const auto thinned = assign(units, 20, 500);
    ASSERT_TRUE(exact && thinned);
    EXPECT_FALSE(thinned->exact);
    EXPECT_LE(thinned->weight, 20);
    EXPECT_GE(thinned->cost, exact->cost);
    EXPECT_LE(thinned->cost, 1.02 * exact->cost) << "what is given up lies close to what is kept";
}

TEST(Assign, SaysTheLeastThereIsWhenTheLimitCannotBeMet) {
    const auto none = assign({{{1, 3}, {2, 2}}, {{0, 4}}}, 5);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::Refused);
    EXPECT_THAT(none.error().message, HasSubstr("6"));
}

}  // namespace
}  // namespace trimtab::tune
