#include "profiler/power/power_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::profiler {
namespace {

using ::testing::ElementsAre;

TEST(ThrottleReasons, HaveWords) {
    EXPECT_THAT(words(0), ElementsAre());
    EXPECT_THAT(words(kIdle | kPowerCap | kHardwareThermalSlowdown), ElementsAre("idle", "power cap", "hardware thermal slowdown"));
    EXPECT_EQ(words((kOtherReason << 1U) - 1).size(), 10U) << "each of them";
}

TEST(ThrottleReasons, MarkARunUnlessTheyAreIdlenessOrSomebodysWish) {
    EXPECT_FALSE(slowsDown(0));
    EXPECT_FALSE(slowsDown(kIdle));
    EXPECT_FALSE(slowsDown(kIdle | kClockSetting));
    for (const auto reason : {kPowerCap, kHardwareSlowdown, kSyncBoost, kThermalSlowdown, kHardwareThermalSlowdown, kPowerBrake, kOtherReason})
        EXPECT_TRUE(slowsDown(reason | kIdle)) << words(reason).front();
}

TEST(PowerSourceInfo, GivesEqualReasonsOnce) {
    PowerSourceInfo info;
    info.missing = {{"power", "no sensor"}, {"energy counter", "no sensor"}, {"temperature", "broken"}};
    EXPECT_EQ(info.reasons({"energy counter", "power"}), "no sensor");
    EXPECT_EQ(info.reasons({"energy counter", "power", "temperature"}), "energy counter, power: no sensor; temperature: broken");
    EXPECT_EQ(info.reasons({"core clock"}), "");
    EXPECT_FALSE(info.tellsEnergy());
    EXPECT_TRUE(info.tellsClocks());
}

}  // namespace
}  // namespace trimtab::profiler
