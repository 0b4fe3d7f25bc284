#include "profiler/power/clock_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/profiler/power/fake_source.h"

namespace trimtab::profiler {
namespace {

using test::at;
using test::readingsOf;
using ::testing::ElementsAre;

PowerSourceInfo facts() {
    PowerSourceInfo info;
    info.name = "NVML";
    info.coreClock = "SM clock";
    return info;
}

TEST(ClockSummary, HasTheLowestAndHighestSinceTheTurnsBeganAndEveryReasonSeen) {
    const auto readings = readingsOf(10, 0.1, [](double t, Reading& reading) {
        reading.coreMHz = t < 0.25 ? 345 : t < 0.65 ? 1980 : 1755;
        reading.celsius = 40 + 10 * t;
        reading.reasons = t < 0.05 ? kIdle : t > 0.65 && t < 0.75 ? kPowerCap : 0U;
    });
    PowerSourceInfo info = facts();
    info.missing["memory clock"] = "not supported";
    const trace::Clocks clocks = summary({readings, 100, 0.01}, info, at(0.25));
    EXPECT_EQ(clocks.coreMHz.value().low, 1755) << "the idle clock of before is none of the runs'";
    EXPECT_EQ(clocks.coreMHz.value().high, 1980);
    EXPECT_NEAR(clocks.celsius.value().low, 43, 1e-9);
    EXPECT_NEAR(clocks.celsius.value().high, 49, 1e-9);
    EXPECT_FALSE(clocks.memoryMHz);
    EXPECT_EQ(clocks.unavailable.at("memory clock"), "not supported");
    EXPECT_THAT(clocks.reasons, ElementsAre("idle", "power cap"));
    EXPECT_TRUE(wasSlowed(readings));
    EXPECT_FALSE(wasSlowed(std::span(readings).first(5)));
    EXPECT_EQ(clocks.readings, 10);
}

TEST(ClockSummary, KnowsNoReasonsFromHavingNone) {
    const auto silent = readingsOf(3, 0.1, [](double, Reading& reading) { reading.coreMHz = 1000; });
    EXPECT_FALSE(summary({silent, 100, 0}, facts(), at(0)).tellsReasons);
    const auto free = readingsOf(3, 0.1, [](double, Reading& reading) { reading.reasons = 0; });
    EXPECT_TRUE(summary({free, 100, 0}, facts(), at(0)).tellsReasons);
    EXPECT_FALSE(summary({free, 100, 0}, facts(), at(0)).coreMHz);
}

TEST(ClockSummary, PutsOnATraceWhatLiesInsideIt) {
    const auto readings = readingsOf(11, 0.1, [](double t, Reading& reading) {
        reading.coreMHz = 1000 + 1000 * t;
        reading.watts = 300;
    });
    const auto series = seriesOf(readings, facts(), at(0.25), 500'000'000);
    ASSERT_EQ(series.size(), 2U) << "no temperature was read, and none is drawn";
    EXPECT_EQ(series[0].name, "SM clock");
    EXPECT_EQ(series[0].unit, "MHz");
    ASSERT_EQ(series[0].samples.size(), 5U);
    EXPECT_NEAR(static_cast<double>(series[0].samples.front().timeNs), 50e6, 10);
    EXPECT_NEAR(series[0].samples.front().value, 1300, 1e-6);
    EXPECT_EQ(series[1].name, "power");
    trace::Trace trace;
    trace.counters = series;
    EXPECT_TRUE(trace::check(trace));
}

TEST(ClockSummary, DerivesThePowerOfACounter) {
    const auto readings = readingsOf(6, 0.1, [](double t, Reading& reading) { reading.joules = 90 + 25 * t; });
    const auto series = seriesOf(readings, facts(), at(0), 1'000'000'000);
    ASSERT_EQ(series.size(), 1U);
    ASSERT_EQ(series[0].samples.size(), 5U) << "the first reading has none before it";
    for (const auto& sample : series[0].samples) EXPECT_NEAR(sample.value, 25, 1e-6);
}

}  // namespace
}  // namespace trimtab::profiler
