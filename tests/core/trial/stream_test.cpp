#include "core/trial/stream.h"

#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace trimtab::trial {
namespace {

TEST(StreamFigures, HoldTimesAgainstTheSignalTheyCover) {
    // Half a second of signal in 100, 200 and 600 ms.
    const auto figures = streamFigures(std::vector<double>{100, 600, 200}, 0.5);
    EXPECT_DOUBLE_EQ(figures.medianFactor, 0.4);
    EXPECT_DOUBLE_EQ(figures.deadlineMs, 500);
    EXPECT_DOUBLE_EQ(figures.missed.value, 1.0 / 3);
    EXPECT_EQ(figures.n, 3);
    const Json json = toJson(figures);
    EXPECT_TRUE(json["real_time_factor"]["p95"].is_null());
    EXPECT_TRUE(json["real_time_factor"]["ci"].is_null());
    EXPECT_EQ(json["missed_deadlines"]["ci"].size(), 2u);
}

TEST(StreamFigures, MissADeadlineOnlyWhenTheyAreLater) {
    const std::vector<double> times{10, 20, 30, 40};
    EXPECT_DOUBLE_EQ(streamFigures(times, 1, 30).missed.value, 0.25);
    EXPECT_DOUBLE_EQ(streamFigures(times, 1, 29.9).missed.value, 0.5);
    EXPECT_DOUBLE_EQ(streamFigures(times, 1, 40).missed.value, 0);
    EXPECT_DOUBLE_EQ(streamFigures(std::vector<double>{std::numeric_limits<double>::quiet_NaN()}, 1).missed.value, 1);
}

TEST(StreamFigures, HaveWilsonsIntervalAndNoP95UnderFiftyNineTimings) {
    std::vector<double> times(58, 1);
    times[0] = times[1] = 9;
    const auto few = streamFigures(times, 0.001, 5);
    EXPECT_FALSE(few.p95Factor);
    ASSERT_TRUE(few.factorInterval);
    EXPECT_EQ(few.factorInterval->high, 1);
    // Wilson 1927 for 2 of 58, z = 1.959964, worked out by hand: (2/58 + z²/116 ± z √(2/58·56/58/58 + z²/(4·58²))) / (1 + z²/58).
    EXPECT_NEAR(few.missed.interval.low, 0.00951, 1e-5);
    EXPECT_NEAR(few.missed.interval.high, 0.11729, 1e-5);
    times.push_back(1);
    const auto enough = streamFigures(times, 0.001, 5);
    ASSERT_TRUE(enough.p95Factor);
    EXPECT_EQ(*enough.p95Factor, 1);
}

}  // namespace
}  // namespace trimtab::trial
