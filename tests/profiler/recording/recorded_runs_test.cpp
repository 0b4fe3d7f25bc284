// The recorded runs of an engine with a device, over a module that stands for CUPTI's.
#include "profiler/worker/recorded_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "profiler/worker/modules.h"
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
        return {};
    }
    std::vector<trace::LayerRecord> layers() const override { return std::vector<trace::LayerRecord>(1); }
    std::int64_t batch() const override { return 1; }
    std::int64_t weightBytes() const override { return 0; }
    std::int64_t arenaBytes() const override { return 0; }
    trial::Environment environment() const override { return {}; }

    bool fails = false;
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

    Status record(DeviceRun& run, const std::string& engine = "cuda") {
        m_profile = {};
        m_profile.layers = run.layers();
        return recordRuns(run, engine, 0.02, m_call, m_profile);
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

}  // namespace
}  // namespace trimtab::worker
