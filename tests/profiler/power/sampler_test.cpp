#include "profiler/power/sampler.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

#include "tests/profiler/power/fake_source.h"

namespace trimtab::profiler {
namespace {

using test::FakeSource;

void waitFor(const FakeSource& source, int reads) {
    while (source.reads < reads) std::this_thread::yield();
}

TEST(Sampler, ReadsAtOnceAndUntilItIsStopped) {
    FakeSource source([](double t, Reading& reading) { reading.watts = t; });
    Sampler sampler(source, {std::chrono::milliseconds(1)});
    EXPECT_GE(source.reads, 1);
    waitFor(source, 5);
    const Samples samples = sampler.stop();
    EXPECT_EQ(static_cast<int>(samples.readings.size()), source.reads) << "and nothing afterwards";
    EXPECT_GE(samples.readings.size(), 6U);
    EXPECT_TRUE(std::ranges::is_sorted(samples.readings, {}, &Reading::time));
    EXPECT_EQ(samples.periodMs, 1);
    EXPECT_GT(samples.readingShare, 0);
    EXPECT_LT(samples.readingShare, 1);
}

TEST(Sampler, OfAnEndedProfileReadsNoMore) {
    FakeSource source([](double, Reading&) {});
    { const Sampler sampler(source, {std::chrono::hours(1)}); }
    EXPECT_EQ(source.reads, 1) << "and it did not wait for an hour";
}

TEST(Sampler, KeepsNoMoreReadingsThanItMayAndStillReachesFromTheBeginToTheEnd) {
    FakeSource source([](double, Reading&) {});
    const auto begin = std::chrono::steady_clock::now();
    Sampler sampler(source, {std::chrono::microseconds(50), 16});
    waitFor(source, 60);
    const Samples samples = sampler.stop();
    const auto end = std::chrono::steady_clock::now();
    EXPECT_LE(samples.readings.size(), 16U);
    EXPECT_GE(samples.readings.size(), 8U);
    EXPECT_GE(samples.periodMs, 0.05 * 4) << "every second one went, and the period doubled";
    EXPECT_LT(samples.readings.front().time - begin, (end - begin) / 4);
    EXPECT_LT(end - samples.readings.back().time, (end - begin) / 4);
    EXPECT_TRUE(std::ranges::is_sorted(samples.readings, {}, &Reading::time));
}

}  // namespace
}  // namespace trimtab::profiler
