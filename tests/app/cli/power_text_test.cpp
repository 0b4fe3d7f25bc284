#include "app/cli/power_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::cli {
namespace {

using trial::workOfRun;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

trace::Profile measured() {
    trace::Profile profile;
    profile.energy = trace::Energy{{0.0123, {0.012, 0.0126}}, "energy counter", "NVML", "the GPU's whole board", 400, 8, 1.6, 310, 0, false};
    profile.clocks = trace::Clocks{"NVML", trace::Extent{1755, 1980}, trace::Extent{2619, 2619}, trace::Extent{41, 47}, true, {"idle"},
                                   {},     120,                       20,                        0.01};
    return profile;
}

recipe::RunSetting settingOf(std::int64_t prompt, std::int64_t generate) {
    recipe::RunSetting setting;
    setting.prompt = prompt;
    setting.generate = generate;
    return setting;
}

TEST(EnergyText, TellsARunAndASampleWithIntervalMethodAndWhatIsInIt) {
    const std::string text = energyText(measured(), workOfRun(4, {}));
    EXPECT_THAT(text, AllOf(HasSubstr("12.3 mJ a run (95 %: 12 mJ … 12.6 mJ)"), HasSubstr("3.08 mJ a sample"), HasSubstr("by energy counter"),
                            HasSubstr("the GPU's whole board"), HasSubstr("idle power is part of it")));
    EXPECT_THAT(energyText(measured(), workOfRun(1, {})), Not(HasSubstr("a sample"))) << "it is the run";
}

TEST(EnergyText, TellsATokenOfAStepAndOfAPrompt) {
    EXPECT_THAT(energyText(measured(), workOfRun(3, settingOf(16, 8))), HasSubstr("4.1 mJ a token;"));
    EXPECT_THAT(energyText(measured(), workOfRun(1, settingOf(16, 8))), HasSubstr("12.3 mJ a token;"));
    EXPECT_THAT(energyText(measured(), workOfRun(1, settingOf(10, 0))), HasSubstr("1.23 mJ a token of the prompt;"));
    EXPECT_DOUBLE_EQ(energyDocument(measured(), workOfRun(3, settingOf(16, 8)))["joules_per_token"].get<double>(), 0.0041);
    const Json samples = energyDocument(measured(), workOfRun(2, {}));
    EXPECT_DOUBLE_EQ(samples["joules_per_sample"].get<double>(), 0.00615);
    EXPECT_FALSE(samples.contains("joules_per_token"));
}

TEST(EnergyText, SaysWhyThereIsNone) {
    trace::Profile profile;
    profile.noEnergy = "no powercap zones are here";
    profile.noClocks = "no cpufreq is here";
    EXPECT_EQ(energyText(profile, {}), "unavailable: no powercap zones are here");
    EXPECT_EQ(clocksText(profile), "unavailable: no cpufreq is here");
    EXPECT_TRUE(energyDocument(profile, {}).is_null());
}

TEST(ClocksText, TellsExtentsAndWhatHeldThemDown) {
    trace::Profile profile = measured();
    EXPECT_EQ(clocksText(profile), "1755 … 1980 MHz, memory 2619 MHz, 41 … 47 °C, held down by nothing; read 120 times, 1.0 % of the time");
    EXPECT_EQ(throttledText(profile), "the machine slowed down while this was measured");
    profile.clocks->reasons = {"idle", "power cap", "thermal slowdown"};
    EXPECT_THAT(clocksText(profile), HasSubstr("held down by power cap, thermal slowdown;"));
    EXPECT_THAT(throttledText(profile), HasSubstr(": power cap, thermal slowdown"));
    profile.clocks->tellsReasons = false;
    profile.clocks->reasons.clear();
    EXPECT_THAT(clocksText(profile), Not(HasSubstr("held down"))) << "nothing told so";
}

}  // namespace
}  // namespace trimtab::cli
