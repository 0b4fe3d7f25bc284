// Counters of layers over a device that counts as CUPTI's documentation says.
#include "profiler/cupti/counter_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/profiler/cupti/fake_counters.h"

namespace trimtab::cupti {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Counters : public ::testing::Test {
protected:
    Result<std::unique_ptr<profiler::DeviceCounters>> open(std::size_t layers = 3) { return openCounters(m_fake.functions(), layers); }

    /// Inputs on their way, layer 0, then 2 with 1 inside it.
    static void run(profiler::DeviceCounters& counters) {
        trace::NodeListener& listener = counters.listener();
        { const trace::NodeScope transfers(&listener, trace::kTransfers); }
        { const trace::NodeScope first(&listener, 0); }
        const trace::NodeScope outer(&listener, 2);
        const trace::NodeScope inner(&listener, 1);
    }
    /// Passes until all was read.
    static Result<std::vector<trace::LayerCounters>> count(profiler::DeviceCounters& counters) {
        for (bool isAll = false; !isAll;) {
            TRIMTAB_REQUIRE(counters.beginPass());
            run(counters);
            TRIMTAB_TRY(isAll, counters.endPass());
        }
        return counters.finish();
    }

    test::FakeCounters m_fake;
};

TEST_F(Counters, AreOfEachOutermostLayerOverAsManyPassesAsItTakes) {
    auto counters = open();
    ASSERT_TRUE(counters) << counters.error().text();
    const auto counted = count(**counters);
    ASSERT_TRUE(counted) << counted.error().text();
    EXPECT_THAT(m_fake.asked, ElementsAre("start", "push 0", "wait", "pop", "push 2", "wait", "pop", "stop",  //
                                          "start", "push 0", "wait", "pop", "push 2", "wait", "pop", "stop"));
    ASSERT_EQ(counted->size(), 3U);
    EXPECT_EQ((*counted)[0].at("device_ns"), 100);
    EXPECT_EQ((*counted)[0].memoryBytes(), 500) << "read and written";
    EXPECT_DOUBLE_EQ((*counted)[0].at("tensor_active").value(), 5) << "shares, not percent";
    EXPECT_DOUBLE_EQ((*counted)[0].at("stalled_on_memory").value(), 1000.0 / 1100);
    EXPECT_FALSE((*counted)[0].at("warps_active")) << "what a share was formed of is not told";
    EXPECT_TRUE((*counted)[1].values.empty()) << "what runs inside another counts with that one";
    EXPECT_EQ((*counted)[2].at("device_ns"), 100);
    EXPECT_FALSE(m_fake.isOn);
    counters->reset();
    EXPECT_EQ(m_fake.hosts, 0) << "every object is given back";
}

TEST_F(Counters, ThatAChipLacksAreLeftOut) {
    m_fake.lacking = "dram__bytes_read.sum";
    auto counters = open();
    ASSERT_TRUE(counters) << counters.error().text();
    const auto counted = count(**counters);
    ASSERT_TRUE(counted) << counted.error().text();
    EXPECT_FALSE((*counted)[0].memoryBytes());
    EXPECT_TRUE((*counted)[0].at("l2_bytes"));
}

TEST_F(Counters, ThatTheDriverKeepsNameItsSetting) {
    m_fake.onEnable = CUPTI_ERROR_INSUFFICIENT_PRIVILEGES;
    const auto counters = open();
    ASSERT_FALSE(counters);
    EXPECT_EQ(counters.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(counters.error().text(), HasSubstr("NVreg_RestrictProfilingToAdminUsers"));
    EXPECT_EQ(m_fake.hosts, 0);
}

TEST_F(Counters, FailWithWhatIsRefusedInsideARunAndLeaveNothingOn) {
    auto counters = open();
    ASSERT_TRUE(counters);
    m_fake.onPush = CUPTI_ERROR_INVALID_OPERATION;
    const auto counted = count(**counters);
    ASSERT_FALSE(counted);
    EXPECT_THAT(counted.error().text(), HasSubstr("counting for a layer"));
    counters->reset();
    EXPECT_FALSE(m_fake.isOn);
}

TEST_F(Counters, ThatWereLostAreNotShownAsZeros) {
    m_fake.dropped = 2;
    auto counters = open();
    ASSERT_TRUE(counters);
    const auto counted = count(**counters);
    ASSERT_FALSE(counted);
    EXPECT_THAT(counted.error().text(), HasSubstr("2 layers were lost"));
}

TEST_F(Counters, EndWhereALibraryNeverHasEnough) {
    m_fake.passes = 1'000'000;
    auto counters = open();
    ASSERT_TRUE(counters);
    const auto counted = count(**counters);
    ASSERT_FALSE(counted);
    EXPECT_THAT(counted.error().text(), HasSubstr("after 200 runs"));
}

TEST_F(Counters, WantADriver) {
    m_fake.onDriver = CUDA_ERROR_NOT_INITIALIZED;
    EXPECT_THAT(open().error().text(), HasSubstr("driver answers"));
    CounterLibrary without = m_fake.functions();
    without.currentContext = nullptr;
    const auto counters = openCounters(without, 1);
    ASSERT_FALSE(counters);
    EXPECT_THAT(counters.error().text(), HasSubstr("no NVIDIA driver"));
}

}  // namespace
}  // namespace trimtab::cupti
