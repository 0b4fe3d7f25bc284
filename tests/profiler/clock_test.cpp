#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "profiler/clock/alternate.h"
#include "profiler/clock/throttle_watch.h"
#include "profiler/clock/tick_clock.h"

namespace trimtab::profiler {
namespace {

/// Writes down who ran, in order.
struct Log {
    std::string order;
    Subject subject(char name) {
        return [this, name]() -> Status {
            order += name;
            return {};
        };
    }
};

TEST(TickClock, TellsTheTimesOfTheSteadyClock) {
    using Steady = std::chrono::steady_clock;
    constexpr std::chrono::microseconds kApart(50);
    TickClock::now();
    const auto start = Steady::now();
    auto last = TickClock::now();
    do {
        const auto before = Steady::now();
        const auto told = TickClock::now();
        const auto after = Steady::now();
        ASSERT_GE(told, last) << "it never goes back";
        ASSERT_GE(told, before - kApart);
        ASSERT_LE(told, after + kApart);
        last = told;
    } while (last - start < std::chrono::milliseconds(200));
}

TEST(Alternate, TakesTurnsAndKeepsOneTimingForEveryCountedRun) {
    Log log;
    TimingPlan plan;
    plan.seconds = 0.001;
    plan.maxTimings = 120;
    plan.minTimings = 120;
    const auto block = timeAlternating(log.subject('b'), log.subject('t'), plan).value();
    EXPECT_EQ(block.baseline.size(), 120u);
    EXPECT_EQ(block.trial.size(), 120u);
    // After the warm-up of both, turns of both follow each other until both have enough.
    const std::size_t turns = static_cast<std::size_t>(std::unique(log.order.begin(), log.order.end()) - log.order.begin());
    EXPECT_GE(turns, 2u + 2 * 3);
    for (const double ms : block.trial) EXPECT_GE(ms, 0);
}

TEST(Alternate, ASubjectWithShortRunsIsThereToTheEnd) {
    const Subject slow = []() -> Status {
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(5);
        while (std::chrono::steady_clock::now() < until) {
        }
        return {};
    };
    Log log;
    TimingPlan plan;
    plan.seconds = 0.4;
    plan.minTurns = 8;
    plan.maxTimings = 100;  // two turns of the short one, were they as long as they may be
    const auto turns = timeInTurns(slow, log.subject('t'), plan).value();
    ASSERT_GE(turns.size(), 8U);
    std::size_t ofBoth = 0;
    for (const auto& turn : turns) ofBoth += !turn.baseline.empty() && !turn.trial.empty() ? 1 : 0;
    EXPECT_GT(2 * ofBoth, turns.size());
}

TEST(Alternate, MakesReadyAheadOfEachRunAndDoesNotTimeIt) {
    std::string order;
    TimingPlan plan;
    plan.seconds = 0.001;
    plan.maxTimings = 20;
    plan.minTimings = 20;
    const Subject slowToPrepare{[&]() -> Status { return order += 'r', Status{}; },
                                [&]() -> Status {
                                    order += 'm';
                                    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
                                    while (std::chrono::steady_clock::now() < until) {
                                    }
                                    return {};
                                }};
    const auto block = timeAlternating({}, slowToPrepare, plan).value();
    for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], i % 2 == 0 ? 'm' : 'r');
    std::vector<double> times = block.trial;
    std::ranges::sort(times);
    EXPECT_LT(times[times.size() / 2], 2);
}

TEST(Alternate, KeepsTurnsApartWhereAskedTo) {
    Log log;
    TimingPlan plan;
    plan.seconds = 0.001;
    plan.maxTimings = 120;
    plan.minTimings = 120;
    const auto turns = timeInTurns(log.subject('b'), log.subject('t'), plan).value();
    ASSERT_GE(turns.size(), 3u) << "a turn has 50 runs at most";
    std::size_t counted = 0;
    for (const auto& turn : turns) {
        EXPECT_LE(turn.baseline.size(), 50u);
        EXPECT_EQ(turn.baseline.empty(), turn.trial.empty());
        counted += turn.baseline.size() + turn.trial.size();
    }
    EXPECT_EQ(counted, 240u);
}

TEST(Alternate, TakesAsManyTurnsAsAskedHoweverLongTheFirstLasted) {
    Log log;
    TimingPlan plan;
    plan.seconds = 1e-9;
    plan.minTimings = 1;
    EXPECT_EQ(timeInTurns(log.subject('b'), log.subject('t'), plan).value().size(), 1u);
    plan.minTurns = 4;
    EXPECT_EQ(timeInTurns(log.subject('b'), log.subject('t'), plan).value().size(), 4u);
}

TEST(Alternate, RunsOnlyTheTrialWithoutABaseline) {
    Log log;
    TimingPlan plan;
    plan.seconds = 0.001;
    plan.maxTimings = 10;
    plan.minTimings = 10;
    const auto block = timeAlternating({}, log.subject('t'), plan).value();
    EXPECT_TRUE(block.baseline.empty());
    EXPECT_EQ(block.trial.size(), 10u);
    EXPECT_EQ(log.order.find_first_not_of('t'), std::string::npos);
}

TEST(Alternate, GivesTheFirstErrorOfARun) {
    const auto failed = timeAlternating({}, []() -> Status { return fail(ErrorCode::OutOfMemory, "too large"); }, {});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::OutOfMemory);
}

TEST(Alternate, StopsWhenAsked) {
    int runs = 0;
    TimingPlan plan;
    plan.cancelled = [&] { return runs >= 7; };
    const auto stopped = timeAlternating({}, [&]() -> Status { return ++runs, Status{}; }, plan);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(runs, 7);
}

TEST(Throttling, ShowsAsDriftOfTheTimings) {
    std::vector<double> steady(30, 1.0);
    EXPECT_FALSE(drifted(steady));
    std::vector<double> slower = steady;
    std::fill(slower.begin() + 18, slower.end(), 1.5);
    EXPECT_TRUE(drifted(slower));
    std::vector<double> spike = steady;
    spike[29] = 50;
    EXPECT_FALSE(drifted(spike)) << "one slow run is no drift";
    EXPECT_FALSE(drifted(std::vector<double>{1, 1, 1, 9, 9, 9})) << "too few to tell";
    EXPECT_FALSE(drifted({}));
}

TEST(Throttling, ShowsInTheCountersOfTheSystem) {
    const auto folder = base::TemporaryFolder::create("trimtab-test").value();
    const auto counters = folder.path() / "cpu0" / "thermal_throttle";
    std::filesystem::create_directories(counters);
    const auto set = [&](int count) { std::ofstream(counters / "core_throttle_count") << count << "\n"; };
    set(4);
    EXPECT_EQ(throttleCount(folder.path()), 4);
    const ThrottleWatch watch(folder.path());
    EXPECT_FALSE(watch.throttled({}));
    set(5);
    EXPECT_TRUE(watch.throttled({}));
    EXPECT_EQ(throttleCount(folder.path() / "missing"), std::nullopt);
}

}  // namespace
}  // namespace trimtab::profiler
