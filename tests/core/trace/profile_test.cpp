#include "core/trace/profile.h"

#include <limits>

#include <gtest/gtest.h>

namespace trimtab::trace {
namespace {

Profile sample() {
    Profile profile;
    profile.layers = {LayerRecord{"a"}, LayerRecord{"b"}};
    profile.layers[0].medianNs = 60;
    profile.layers[1].medianNs = 30;
    profile.runs = 7;
    profile.runNs = 100;
    profile.attributed = 0.9;
    profile.layers[0].share = 2.0 / 3;
    profile.overhead = {1.01, {0.99, 1.03}};
    profile.layerCounters = {{{{"dram_read_bytes", 100}, {"dram_written_bytes", 20}, {"occupancy", 0.5}}}, {}};
    profile.noLayerCounters = "the driver keeps them";
    profile.threads = 4;
    profile.atWork = {3.5, -1};
    profile.lostTeamSpans = 12;
    profile.deviceTime = true;
    profile.device = DeviceTime{70, 15, 5};
    profile.noActivity = "no such library";
    profile.throttled = true;
    profile.energy = Energy{{0.012, {0.011, 0.013}}, "energy counter", "NVML", "the board", 400, 8, 1.6, 310, 0.01, true};
    profile.clocks = Clocks{"NVML", Extent{1755, 1980}, {}, Extent{41, 47}, true, {"idle", "power cap"}, {{"memory clock", "not here"}}, 120, 20, 0.01};
    profile.counters = {{"cycles", 12.5, ""}, {"cache misses", 0, "not here"}};
    profile.ceilings = {1e10, 5e10, {{"fp32", 1e11}, {"int8", 3e11}}, 900};
    return profile;
}

Json written(const Profile& profile) { return *base::parseJson(base::dumpJson(toJson(profile)), "profile"); }

TEST(Profile, ReadsBackAsItWasWritten) {
    const auto again = profileFromJson(written(sample()));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->layers.size(), 2U);
    EXPECT_EQ(again->runs, 7);
    EXPECT_EQ(again->runNs, 100);
    EXPECT_EQ(again->attributed, 0.9);
    EXPECT_EQ(again->overhead.value, 1.01);
    EXPECT_EQ(again->overhead.interval.high, 1.03);
    EXPECT_EQ(again->layerCounters, sample().layerCounters);
    EXPECT_EQ(again->layerCounters[0].memoryBytes(), 120);
    EXPECT_FALSE(again->layerCounters[1].memoryBytes());
    EXPECT_EQ(again->noLayerCounters, "the driver keeps them");
    EXPECT_EQ(again->threadsAtWork(0), 3.5);
    EXPECT_EQ(again->lostTeamSpans, 12);
    EXPECT_FALSE(again->threadsAtWork(1)) << "the layer did not run";
    EXPECT_TRUE(again->deviceTime);
    ASSERT_TRUE(again->device);
    EXPECT_EQ(again->device->layersNs, 70);
    EXPECT_EQ(again->device->transfersNs, 15);
    EXPECT_EQ(again->device->restNs, 5);
    EXPECT_EQ(again->noActivity, "no such library");
    EXPECT_TRUE(again->throttled);
    ASSERT_TRUE(again->energy);
    EXPECT_EQ(toJson(*again->energy), toJson(*sample().energy));
    ASSERT_TRUE(again->clocks);
    EXPECT_EQ(toJson(*again->clocks), toJson(*sample().clocks));
    EXPECT_EQ(again->clocks->coreMHz.value().high, 1980);
    EXPECT_FALSE(again->clocks->memoryMHz);
    EXPECT_EQ(again->ceilings, sample().ceilings);
    ASSERT_EQ(again->counters.size(), 2U);
    EXPECT_EQ(again->counters[0].perRun, 12.5);
    EXPECT_EQ(again->counters[1].unavailable, "not here");
}

TEST(Profile, OfADeviceTheShareThatLayersTookLeavesTransfersOut) {
    const DeviceTime time{70, 15, 5};
    EXPECT_EQ(time.deviceNs(), 90);
    EXPECT_DOUBLE_EQ(time.attributed(), 70.0 / 75);
    EXPECT_EQ(DeviceTime{}.attributed(), 0);
    EXPECT_DOUBLE_EQ(written(sample())["device"]["attributed"].get<double>(), 70.0 / 75);
    Profile without = sample();
    without.device.reset();
    EXPECT_FALSE(profileFromJson(written(without))->device);
}

TEST(Profile, ACounterThatIsNotThereHasNoValueAndNoZero) { EXPECT_FALSE(written(sample())["counters"][1].contains("per_run")); }

TEST(Profile, WithoutAnEnergyOrClocksHasTheReasonAndNoZero) {
    Profile profile = sample();
    profile.energy.reset();
    profile.clocks.reset();
    profile.noEnergy = "no counter here";
    profile.noClocks = "no cpufreq here";
    const Json json = written(profile);
    EXPECT_TRUE(json["energy"].is_null());
    EXPECT_TRUE(json["clocks"].is_null());
    const auto again = profileFromJson(json);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_FALSE(again->energy || again->clocks);
    EXPECT_EQ(again->noEnergy, "no counter here");
    EXPECT_EQ(again->noClocks, "no cpufreq here");
}

TEST(Profile, ThatKnowsNoThrottleReasonsIsNotOneThatHadNone) {
    Profile profile = sample();
    profile.clocks->reasons.clear();
    EXPECT_EQ(written(profile)["clocks"]["throttle_reasons"], Json::array());
    profile.clocks->tellsReasons = false;
    EXPECT_TRUE(written(profile)["clocks"]["throttle_reasons"].is_null());
    EXPECT_FALSE(profileFromJson(written(profile))->clocks->tellsReasons);
}

TEST(Profile, AnIntervalWithoutAnEndReadsBackWithout) {
    Profile profile = sample();
    profile.overhead.interval.high = std::numeric_limits<double>::infinity();
    EXPECT_EQ(profileFromJson(written(profile))->overhead.interval.high, std::numeric_limits<double>::infinity());
}

TEST(Profile, ALayersShareOfARunLeavesOutWhatNoLayerTook) {
    EXPECT_DOUBLE_EQ(sample().shareOf(sample().layers[0]), 0.6);
    EXPECT_EQ(sample().shareOf(sample().layers[1]), 0) << "it was not timed";
}

TEST(Profile, RefusesWhatIsNone) {
    for (const char* text : {"[]", R"({"layers": 1})", R"({"overhead": 1})", R"({"counters": {}})", R"({"counters": [{}]})",
                             R"({"run_ns": "x"})", R"({"device": 3})", R"({"device": {"rest_ns": "x"}})",
                             R"({"energy": 3})", R"({"energy": {}})", R"({"energy": {"joules_per_run": "x"}})", R"({"no_energy": 1})",
                             R"({"clocks": []})", R"({"clocks": {"core_mhz": [1]}})", R"({"clocks": {"celsius": [1, "x"]}})",
                             R"({"clocks": {"throttle_reasons": [1]}})", R"({"clocks": {"unavailable": {"power": 1}}})",
                             R"({"ceilings": {"operations_per_s": []}})",
                             R"({"ceilings": {"memory_bytes_per_s": -1}})", R"({"ceilings": {"operations_per_s": {"fp32": "x"}}})"})
        EXPECT_FALSE(profileFromJson(*base::parseJson(text, "profile"))) << text;
}

TEST(Ceilings, HoldATypeThatWasNotMeasuredAgainstFp32AndSaySo) {
    const Ceilings ceilings = sample().ceilings;
    EXPECT_EQ(ceilings.peakOf("int8")->operationsPerSecond, 3e11);
    EXPECT_TRUE(ceilings.peakOf("int8")->isOwn);
    EXPECT_EQ(ceilings.peakOf("fp8")->operationsPerSecond, 1e11);
    EXPECT_FALSE(ceilings.peakOf("fp8")->isOwn);
    EXPECT_FALSE(Ceilings{}.peakOf("fp32"));
}

}  // namespace
}  // namespace trimtab::trace
