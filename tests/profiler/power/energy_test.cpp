#include "profiler/power/energy.h"

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/profiler/power/fake_source.h"

namespace trimtab::profiler {
namespace {

using test::FakeSource;
using ::testing::AnyOf;
using ::testing::HasSubstr;

Status spin(double milliseconds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double, std::milli>(milliseconds);
    while (std::chrono::steady_clock::now() < until) {
    }
    return {};
}

EnergyPlan shortPlan() {
    EnergyPlan plan;
    plan.warmUpSeconds = 0.02;
    plan.seconds = 0.16;
    plan.blockSeconds = 0.02;
    plan.runOutSeconds = 0.02;
    plan.sampling.period = std::chrono::milliseconds(1);
    return plan;
}

/// What the runs took in the mean, as the energy tells it.
double secondsOfRun(const trace::Energy& energy) { return energy.seconds / static_cast<double>(energy.runs); }

TEST(Energy, OfARunIsThePowerTimesItsTime) {
    FakeSource source([](double, Reading& reading) { reading.watts = 80; });
    source.facts.missing["energy counter"] = "none";
    int runs = 0;
    const auto energy = measureEnergy([&] { return ++runs, spin(2); }, source, shortPlan());
    ASSERT_TRUE(energy) << energy.error().text();
    EXPECT_NEAR(energy->joulesPerRun.value, 80 * secondsOfRun(*energy), 1e-6);
    EXPECT_GE(energy->joulesPerRun.value, 80 * 0.002);
    EXPECT_LE(energy->joulesPerRun.interval.low, energy->joulesPerRun.value);
    EXPECT_GE(energy->joulesPerRun.interval.high, energy->joulesPerRun.value);
    EXPECT_NEAR(energy->watts, 80, 1e-6);
    EXPECT_EQ(energy->method, "integral of power every 1 ms");
    EXPECT_EQ(energy->source, "a device of the test");
    EXPECT_GE(energy->blocks, 3);
    EXPECT_LT(energy->runs, runs) << "warm-up and run-out are not counted";
    EXPECT_FALSE(energy->throttled);
}

TEST(Energy, ComesFromTheCounterWhereThereIsOne) {
    FakeSource source([](double t, Reading& reading) {
        reading.watts = 5000;
        reading.joules = 120 * t;
    });
    const auto energy = measureEnergy([] { return spin(1); }, source, shortPlan());
    ASSERT_TRUE(energy) << energy.error().text();
    EXPECT_EQ(energy->method, "energy counter");
    EXPECT_NEAR(energy->joulesPerRun.value / (120 * secondsOfRun(*energy)), 1, 1e-3);
}

TEST(Energy, WaitsForAPowerThatReachesBack) {
    FakeSource source([](double t, Reading& reading) { reading.watts = t < 0.05 ? 1000 : 50; });  // something else ran before
    source.facts.missing["energy counter"] = "none";
    source.facts.averagedSeconds = 0.1;
    const auto energy = measureEnergy([] { return spin(1); }, source, shortPlan());
    ASSERT_TRUE(energy) << energy.error().text();
    EXPECT_NEAR(energy->watts, 50, 1e-6);
    EXPECT_GE(energy->seconds / static_cast<double>(energy->blocks), 0.1) << "blocks that overlap tell nothing of each other";
}

TEST(Energy, OfLongRunsHasThreeOfThem) {
    FakeSource source([](double t, Reading& reading) { reading.joules = 10 * t; });
    EnergyPlan plan = shortPlan();
    plan.warmUpSeconds = 0.05;
    plan.seconds = 0.001;
    int runs = 0;
    const auto energy = measureEnergy([&] { return ++runs, spin(30); }, source, plan);
    ASSERT_TRUE(energy) << energy.error().text();
    EXPECT_EQ(energy->runs, 3);
    EXPECT_EQ(energy->blocks, 3);
    EXPECT_THAT(runs, AnyOf(4, 5)) << "one or two to warm up, and none behind";
}

TEST(Energy, LeavesOutALittlePreparingAndRefusesMuchOfIt) {
    FakeSource source([](double t, Reading& reading) { reading.joules = 100 * t; });
    int calls = 0;
    const Subject now{[] { return spin(2); }, [&] { return ++calls % 50 == 0 ? spin(1) : Status{}; }};
    const auto energy = measureEnergy(now, source, shortPlan());
    ASSERT_TRUE(energy) << energy.error().text();
    EXPECT_LT(energy->preparing, kMostPreparing);
    EXPECT_NEAR(energy->joulesPerRun.value / (100 * secondsOfRun(*energy) * (1 - energy->preparing)), 1, 1e-2);

    const Subject mostly{[] { return spin(1); }, [] { return spin(1); }};
    const auto refused = measureEnergy(mostly, source, shortPlan());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(refused.error().text(), HasSubstr("ready"));
}

/// Runs at 40 W, and after every 100 ms of them a preparation at 400 W that lasts a third as long as they did: its share of the time is the
/// same however often the machine stands still.
class Prompted {
public:
    Subject subject() {
        return Subject{[] { return spin(4); }, [this] { return prepare(); }};
    }
    /// `t`: seconds since the first call.
    double joules(double t) {
        if (m_isPreparing) m_joules += (400 - 40) * (t - m_last);
        m_last = t;
        return m_joules + 40 * t;
    }

private:
    using Clock = std::chrono::steady_clock;
    Status prepare() {
        const double ran = std::chrono::duration<double, std::milli>(Clock::now() - m_since).count();
        if (ran < 100) return {};
        m_isPreparing = true;
        const Status done = spin(ran / 3);
        m_isPreparing = false;
        m_since = Clock::now();
        return done;
    }

    Clock::time_point m_since = Clock::now();
    double m_joules = 0, m_last = 0;
    std::atomic<bool> m_isPreparing = false;
};

/// Long enough that several preparations lie in it.
EnergyPlan planForLegs() {
    EnergyPlan plan = shortPlan();
    plan.seconds = 0.5;
    plan.guardSeconds = 0.02;
    return plan;
}

TEST(Energy, IsThatOfTheRunsBetweenLongPreparations) {
    Prompted prompted;
    FakeSource source([&](double t, Reading& reading) { reading.joules = prompted.joules(t); });
    const auto energy = measureEnergy(prompted.subject(), source, planForLegs());
    ASSERT_TRUE(energy) << energy.error().text();
    EXPECT_NEAR(energy->watts, 40, 8) << "across preparations it would be above a hundred";
    EXPECT_NEAR(energy->joulesPerRun.value / (energy->watts * secondsOfRun(*energy)), 1, 0.05);
    EXPECT_LT(energy->preparing, kMostPreparing);
}

TEST(Energy, OfPowerAloneCannotBeToldFromLongPreparations) {
    Prompted prompted;
    FakeSource source([&](double, Reading& reading) { reading.watts = 40; });
    source.facts.missing["energy counter"] = "none";
    const auto refused = measureEnergy(prompted.subject(), source, planForLegs());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("told apart"));
}

TEST(Energy, OfLegsThatAreTooShortIsNone) {
    Prompted prompted;
    FakeSource source([&](double t, Reading& reading) { reading.joules = t; });
    EnergyPlan plan = planForLegs();
    plan.guardSeconds = 5;
    const auto refused = measureEnergy(prompted.subject(), source, plan);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("told apart"));
}

TEST(Energy, IsMarkedWhereTheDeviceWasSlowedDown) {
    FakeSource source([](double t, Reading& reading) {
        reading.joules = t;
        reading.reasons = t > 0.08 ? kPowerCap : kIdle;
    });
    const auto energy = measureEnergy([] { return spin(1); }, source, shortPlan());
    ASSERT_TRUE(energy) << energy.error().text();
    EXPECT_TRUE(energy->throttled);
}

TEST(Energy, HasAReasonAndNoZeroWhereThereIsNone) {
    FakeSource without([](double, Reading&) {});
    without.facts.missing["energy counter"] = without.facts.missing["power"] = "no such sensor";
    int runs = 0;
    auto energy = measureEnergy([&] { return ++runs, Status{}; }, without);
    ASSERT_FALSE(energy);
    EXPECT_EQ(energy.error().text(), "no such sensor");
    EXPECT_EQ(runs, 0) << "nothing is run for nothing";

    FakeSource still([](double, Reading& reading) { reading.joules = 3; });
    energy = measureEnergy([] { return spin(1); }, still, shortPlan());
    ASSERT_FALSE(energy);
    EXPECT_THAT(energy.error().text(), HasSubstr("stood still"));

    FakeSource lost([](double t, Reading& reading) {
        if (t < 0.1) reading.watts = 100;
    });
    energy = measureEnergy([] { return spin(1); }, lost, shortPlan());
    ASSERT_FALSE(energy);
    EXPECT_THAT(energy.error().text(), HasSubstr("not read throughout"));
}

TEST(Energy, FailsWithTheRunAndStopsWhenCancelled) {
    FakeSource source([](double t, Reading& reading) { reading.joules = t; });
    const auto failed = measureEnergy([]() -> Status { return fail(ErrorCode::OutOfMemory, "too large"); }, source, shortPlan());
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::OutOfMemory);
    int runs = 0;
    EnergyPlan plan = shortPlan();
    plan.cancelled = [&] { return runs >= 5; };
    const auto cancelled = measureEnergy([&] { return ++runs, Status{}; }, source, plan);
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(runs, 5);
    const int reads = source.reads;
    EXPECT_TRUE(spin(10));
    EXPECT_EQ(source.reads, reads) << "nothing reads on";
}

}  // namespace
}  // namespace trimtab::profiler
