// The recorded runs of an engine with a device, over a module that stands for CUPTI's.
#include "profiler/worker/recorded_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "profiler/worker/modules.h"
#include "profiler/worker/power_of_turns.h"
#include "profiler/worker/power_recording.h"
#include "tests/profiler/power/fake_source.h"
#include "tests/profiler/recording/fake_activity.h"

namespace trimtab::worker {
namespace {

using ::testing::HasSubstr;

/// A device whose layer takes no time at all; it notes with what it ran.
class DeviceRun final : public TimedRun {
public:
    explicit DeviceRun(const test::FakeActivity& activity) : m_activity(activity) {}
    Status once(trace::NodeListener* listener) override {
        if (fails) return fail(ErrorCode::Refused, "an index is outside the rows of the table");
        const bool isRecorded = listener && listener->hasDeviceClock();
        (isRecorded ? recorded : listener ? timed : plain) += 1;
        EXPECT_EQ(m_activity.isOn, isRecorded) << "other runs go as if nothing listened";
        if (listener && !isRecorded) listener->nodeTime(0, 500);
        for (const auto end = std::chrono::steady_clock::now() + lasts; std::chrono::steady_clock::now() < end;) {
        }
        return {};
    }
    std::vector<trace::LayerRecord> layers() const override { return std::vector<trace::LayerRecord>(1); }
    std::int64_t batch() const override { return 1; }
    std::int64_t weightBytes() const override { return 0; }
    std::int64_t arenaBytes() const override { return 0; }
    trial::Environment environment() const override { return {}; }

    bool fails = false;
    std::chrono::microseconds lasts{0};
    int recorded = 0, timed = 0, plain = 0;

private:
    const test::FakeActivity& m_activity;
};

class RecordedRuns : public ::testing::Test {
protected:
    void SetUp() override {
        ::setenv("TRIMTAB_MODULES", TEST_MODULES, 1);
        m_activity = static_cast<test::FakeActivity*>(moduleSymbol("cupti", "trimtab_fake_activity").value());
        *m_activity = {};
    }
    void TearDown() override { ::unsetenv("TRIMTAB_MODULES"); }

    Status record(DeviceRun& run, const std::string& engine = "cuda", profiler::PowerSource* power = nullptr) {
        m_profile = {};
        m_profile.layers = run.layers();
        return recordRuns(run, engine, 0.02, m_call, m_profile, power);
    }

    test::FakeActivity* m_activity = nullptr;
    trace::Profile m_profile;
    Call m_call{[](double, const std::string&) {}, [] { return false; }};
};

TEST_F(RecordedRuns, OfADeviceAreToldByTheDevice) {
    DeviceRun run(*m_activity);
    ASSERT_TRUE(record(run));
    EXPECT_TRUE(m_profile.noActivity.empty()) << m_profile.noActivity;
    ASSERT_TRUE(m_profile.device);
    EXPECT_EQ(m_profile.device->layersNs, 1000);
    EXPECT_EQ(m_profile.layers[0].medianNs, 1000);
    EXPECT_EQ(m_profile.trace.tracks.front(), "stream 7");
    EXPECT_TRUE(m_profile.deviceTime);
    EXPECT_GT(m_profile.runs, 0);
    EXPECT_EQ(m_profile.runs, std::min(m_activity->kept, 200));
    EXPECT_GT(m_profile.overhead.value, 0);
    EXPECT_LE(m_profile.attributed, 1);
    EXPECT_EQ(run.timed, 0);
}

TEST_F(RecordedRuns, TakeTurnsWithOthersDuringWhichNothingIsRecorded) {
    DeviceRun run(*m_activity);
    ASSERT_TRUE(record(run));
    EXPECT_GT(run.plain, 4);
    EXPECT_EQ(run.recorded, m_activity->runs);
    EXPECT_GE(m_activity->turnedOn, 4) << "once a turn";
    EXPECT_LE(m_activity->turnedOn - m_activity->turnedOff, 1);
    EXPECT_EQ(m_activity->opened, 1);
    EXPECT_EQ(m_activity->closed, 1) << "and nothing is left behind";
}

TEST_F(RecordedRuns, AreTimedLayerByLayerWhereTheDeviceTellsNothing) {
    for (const bool atTheEnd : {false, true}) {
        *m_activity = {};
        (atTheEnd ? m_activity->failsAtTheEnd : m_activity->refuses) = true;
        DeviceRun run(*m_activity);
        ASSERT_TRUE(record(run));
        EXPECT_THAT(m_profile.noActivity, HasSubstr(atTheEnd ? "no activity" : "libcupti is not here"));
        EXPECT_FALSE(m_profile.device);
        EXPECT_EQ(m_profile.layers[0].medianNs, 500);
        EXPECT_TRUE(m_profile.deviceTime);
        EXPECT_GT(run.timed, 0);
        EXPECT_EQ(m_activity->closed, m_activity->opened);
    }
}

TEST_F(RecordedRuns, OfAnotherEngineNeedNoModule) {
    DeviceRun run(*m_activity);
    ASSERT_TRUE(record(run, "cpu"));
    EXPECT_EQ(m_activity->opened, 0);
    EXPECT_TRUE(m_profile.noActivity.empty());
}

TEST_F(RecordedRuns, FailWithTheRunAndStopWhenCancelled) {
    DeviceRun run(*m_activity);
    run.fails = true;
    const Status refused = record(run);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Refused);
    run.fails = false;
    m_call.cancelled = [] { return true; };
    const Status cancelled = record(run);
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(run.timed, 0) << "nothing is begun anew";
    EXPECT_EQ(m_activity->closed, m_activity->opened);
}

TEST_F(RecordedRuns, AreReadBesideForTheirClocks) {
    profiler::test::FakeSource source([](double, profiler::Reading& reading) {
        reading.coreMHz = 1755;
        reading.reasons = profiler::kIdle;
    });
    DeviceRun run(*m_activity);
    run.lasts = std::chrono::microseconds(100);
    for (const std::string engine : {"cuda", "cpu"}) {
        *m_activity = {};
        ASSERT_TRUE(record(run, engine, &source));
        ASSERT_TRUE(m_profile.clocks) << m_profile.noClocks;
        EXPECT_EQ(m_profile.clocks->coreMHz.value().low, 1755);
        EXPECT_FALSE(m_profile.clocks->celsius);
        EXPECT_TRUE(trace::check(m_profile.trace));
        EXPECT_EQ(m_profile.trace.counters.empty(), engine == "cuda") << "the module's trace has no length, and the other has";
        for (const trace::CounterSeries& series : m_profile.trace.counters) EXPECT_EQ(series.name, "clock");
    }
    ASSERT_TRUE(record(run));
    EXPECT_FALSE(m_profile.clocks) << "nothing was there to read";
}

TEST_F(RecordedRuns, AreMarkedWhereTheDeviceHoldsItsClocksDown) {
    profiler::test::FakeSource source([](double, profiler::Reading& reading) { reading.reasons = profiler::kHardwareThermalSlowdown; });
    DeviceRun run(*m_activity);
    ASSERT_TRUE(record(run, "cuda", &source));
    EXPECT_TRUE(m_profile.throttled);
    EXPECT_THAT(m_profile.clocks.value().reasons, ::testing::ElementsAre("hardware thermal slowdown"));
}

TEST_F(RecordedRuns, OfADeviceThatTellsNothingSayWhy) {
    profiler::test::FakeSource source([](double, profiler::Reading&) {});
    for (const char* quantity : {"power", "energy counter", "core clock", "memory clock", "temperature", "throttle reasons"})
        source.facts.missing[quantity] = "the driver keeps it";
    DeviceRun run(*m_activity);
    ASSERT_TRUE(record(run, "cpu", &source));
    EXPECT_FALSE(m_profile.clocks);
    EXPECT_EQ(m_profile.noClocks, "the driver keeps it");
    EXPECT_EQ(source.reads, 0) << "and nothing is asked in vain";
    ASSERT_TRUE(recordEnergy(run, source, m_call, m_profile.energy, m_profile.noEnergy));
    EXPECT_FALSE(m_profile.energy);
    EXPECT_EQ(m_profile.noEnergy, "the driver keeps it");
}

TEST_F(RecordedRuns, HaveTheirEnergyFromRunsThatNothingRecords) {
    profiler::test::FakeSource source([](double t, profiler::Reading& reading) { reading.joules = 70 * t; });
    DeviceRun run(*m_activity);
    run.lasts = std::chrono::milliseconds(1);
    ASSERT_TRUE(recordEnergy(run, source, m_call, m_profile.energy, m_profile.noEnergy));
    ASSERT_TRUE(m_profile.energy) << m_profile.noEnergy;
    EXPECT_NEAR(m_profile.energy->watts, 70, 1);
    EXPECT_EQ(run.timed + run.recorded, 0);
    m_call.cancelled = [] { return true; };
    const Status cancelled = recordEnergy(run, source, m_call, m_profile.energy, m_profile.noEnergy);
    ASSERT_FALSE(cancelled);
    EXPECT_EQ(cancelled.error().code, ErrorCode::Cancelled);
}

TEST(PowerOfAnEngine, IsItsDevicesOrHasAReason) {
    const auto processor = openPowerSource("cpu", "");
    ASSERT_TRUE(processor);
    EXPECT_NE((*processor)->info().name, "NVML");
    for (const auto& [engine, device] : std::vector<std::pair<std::string, std::string>>{{"cuda", ""}, {"onnxruntime", "cuda:0"}}) {
        const auto gpu = openPowerSource(engine, device);
        if (gpu) EXPECT_EQ((*gpu)->info().name, "NVML");
        else EXPECT_FALSE(gpu.error().text().empty());
    }
    const auto beyond = openPowerSource("cuda", "cuda:4096");
    EXPECT_FALSE(beyond) << "there are not so many";
}

/// A library that tells of each run that took it as listener: two nodes, the second of a layer that the plan does not have.
class ToldByLibrary final : public runtime::LibraryRecording {
public:
    Result<runtime::LibraryRecord> finish() override {
        if (breaks) record.runs.pop_back();
        record.name = "a library";
        record.layers.resize(2);
        record.layers[0].node = "fused";
        record.layers[1].node = "reorder";
        return record;
    }
    runtime::LibraryRecord record;
    bool breaks = false;
};

class LibraryRun final : public TimedRun {
public:
    Status once(trace::NodeListener* listener) override {
        const auto begin = std::chrono::steady_clock::now();
        if (auto* const library = dynamic_cast<ToldByLibrary*>(listener))
            library->record.runs.push_back({begin, {{0, 10'000, 60'000}, {1, 70'000, 20'000}}});
        while (std::chrono::steady_clock::now() < begin + std::chrono::microseconds(200)) {
        }
        return {};
    }
    Result<std::unique_ptr<runtime::LibraryRecording>> recordItself() override {
        auto made = std::make_unique<ToldByLibrary>();
        made->breaks = breaks;
        return made;
    }
    std::vector<trace::LayerRecord> layers() const override { return std::vector<trace::LayerRecord>(3); }
    std::int64_t batch() const override { return 1; }
    std::int64_t weightBytes() const override { return 0; }
    std::int64_t arenaBytes() const override { return 0; }
    trial::Environment environment() const override { return {}; }

    bool breaks = false;
};

const Call kUntilDone{[](double, const std::string&) {}, [] { return false; }};

TEST(LibraryRuns, AreToldByTheLibrarysOwnNodes) {
    LibraryRun run;
    trace::Profile profile;
    profile.layers = run.layers();
    ASSERT_TRUE(recordRuns(run, "onnxruntime", 0.05, kUntilDone, profile));
    ASSERT_EQ(profile.layers.size(), 2U) << "the library's rows, not the plan's";
    EXPECT_EQ(profile.layers[0].node, "fused");
    EXPECT_EQ(profile.layers[0].medianNs, 60'000);
    EXPECT_EQ(profile.layers[1].medianNs, 20'000);
    EXPECT_GT(profile.attributed, 0);
    EXPECT_LE(profile.attributed, 80.0 / 200.0);
    EXPECT_TRUE(trace::check(profile.trace)) << trace::check(profile.trace).error().text();
    EXPECT_EQ(profile.trace.tracks.back(), "a library");
    EXPECT_EQ(profile.trace.spans.size(), static_cast<std::size_t>(3 * profile.runs));
    EXPECT_EQ(profile.noActivity, "");
}

TEST(LibraryRuns, AreTimedAsAWholeWhereTheLibraryLostSome) {
    LibraryRun run;
    run.breaks = true;
    trace::Profile profile;
    profile.layers = run.layers();
    ASSERT_TRUE(recordRuns(run, "onnxruntime", 0.05, kUntilDone, profile));
    EXPECT_THAT(profile.noActivity, HasSubstr("a library"));
    EXPECT_EQ(profile.layers.size(), 3U);
    EXPECT_EQ(profile.attributed, 0);
}

TEST(PowerOfTurns, AReadingBelongsToTheSideWhoseTurnBeganLast) {
    using profiler::test::at;
    const auto readings = profiler::test::readingsOf(6, 1, [](double t, profiler::Reading& reading) { reading.coreMHz = t; });
    const std::vector<TurnBegin> turns{{at(1), Side::Baseline}, {at(2.5), Side::Trial}, {at(4), Side::Baseline}, {at(9), Side::Trial}};
    const auto clocks = [&](Side side) {
        std::vector<double> values;
        for (const profiler::Reading& reading : readingsOf(side, readings, turns)) values.push_back(*reading.coreMHz);
        return values;
    };
    EXPECT_THAT(clocks(Side::Baseline), ::testing::ElementsAre(1, 2, 4, 5)) << "the warm-up's is nobody's";
    EXPECT_THAT(clocks(Side::Trial), ::testing::ElementsAre(3));
}

TEST(PowerOfTurns, TellsTheClocksOfBothSides) {
    profiler::test::FakeSource source([](double, profiler::Reading& reading) { reading.coreMHz = 1500; });
    source.facts.missing = {{"temperature", "no sensor"}, {"power", "no sensor"}, {"energy counter", "no counter"}};
    const profiler::Subject busy{[]() -> Status {
        const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
        while (std::chrono::steady_clock::now() < until) {
        }
        return {};
    }};
    PowerOfTurns turns(source);
    profiler::TimingPlan plan;
    plan.seconds = 0.3;
    ASSERT_TRUE(profiler::timeAlternating(turns.noted(busy, Side::Baseline), turns.noted(busy, Side::Trial), plan));
    trace::PowerOfTurns power;
    turns.finish(power);
    ASSERT_TRUE(power.clocks && power.baselineClocks);
    EXPECT_EQ(power.clocks->coreMHz->low, 1500);
    EXPECT_EQ(power.clocks->unavailable.at("temperature"), "no sensor");
}

TEST(PowerOfTurns, ASourceWithoutClocksIsNotReadAndSaysWhy) {
    profiler::test::FakeSource source([](double, profiler::Reading&) {});
    for (const char* quantity : {"core clock", "memory clock", "temperature", "throttle reasons"})
        source.facts.missing[quantity] = "a virtual machine";
    PowerOfTurns turns(source);
    trace::PowerOfTurns power;
    turns.finish(power);
    EXPECT_EQ(source.reads, 0);
    EXPECT_FALSE(power.clocks);
    EXPECT_THAT(power.noClocks, HasSubstr("a virtual machine"));
}

}  // namespace
}  // namespace trimtab::worker
