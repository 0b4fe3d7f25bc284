// What Linux tells of a processor, over a folder that stands for /sys.
#include "profiler/power/processor_source.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"

namespace trimtab::profiler {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Processor : public ::testing::Test {
protected:
    void write(const std::string& file, const std::string& text) {
        const auto path = m_folder.path() / file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text << "\n";
    }
    void zone(const std::string& name, const std::string& title, const std::string& energy, const std::string& range = "1000000") {
        write("class/powercap/" + name + "/name", title);
        write("class/powercap/" + name + "/energy_uj", energy);
        if (!range.empty()) write("class/powercap/" + name + "/max_energy_range_uj", range);
    }
    std::unique_ptr<PowerSource> source() {
        SystemFiles files = SystemFiles::ofThisMachine();
        files.root = m_folder.path();
        files.processors = {0, 1};
        if (m_read) files.read = m_read;
        return processorSource(files);
    }

    std::function<Result<std::string>(const std::filesystem::path&)> m_read;
    base::TemporaryFolder m_folder = base::TemporaryFolder::create("trimtab-sys").value();
};

TEST_F(Processor, AddsUpItsPackagesAndNothingInsideThem) {
    zone("intel-rapl:0", "package-0", "400000");
    zone("intel-rapl:0:0", "core", "1");
    zone("intel-rapl:1", "package-1", "100000");
    zone("intel-rapl:2", "psys", "1");
    const auto power = source();
    EXPECT_EQ(power->read().joules, 0) << "it counts from the first reading on";
    zone("intel-rapl:0", "package-0", "650000");
    zone("intel-rapl:0:0", "core", "9000");
    zone("intel-rapl:1", "package-1", "150000");
    zone("intel-rapl:2", "psys", "900000");
    EXPECT_NEAR(power->read().joules.value(), 0.3, 1e-12);
    EXPECT_THAT(power->info().missing.at("power"), HasSubstr("counters"));
    EXPECT_TRUE(power->info().tellsEnergy());
}

TEST_F(Processor, GoesOnWhereACounterBeginsAnew) {
    zone("intel-rapl:0", "package-0", "900000", "1000000");
    const auto power = source();
    static_cast<void>(power->read());
    zone("intel-rapl:0", "package-0", "50000");
    EXPECT_NEAR(power->read().joules.value(), 0.15, 1e-12);
    zone("intel-rapl:0", "package-0", "70000");
    EXPECT_NEAR(power->read().joules.value(), 0.17, 1e-12);
}

TEST_F(Processor, WithoutItsRangeACounterThatBeganAnewTellsNothing) {
    zone("intel-rapl:0", "package-0", "900000", "");
    const auto power = source();
    EXPECT_TRUE(power->read().joules);
    zone("intel-rapl:0", "package-0", "50000", "");
    EXPECT_FALSE(power->read().joules);
}

TEST_F(Processor, SaysThatTheAdministratorKeepsTheCounter) {
    zone("intel-rapl:0", "package-0", "900000");
    zone("intel-rapl:1", "package-1", "900000");
    const auto plain = SystemFiles::ofThisMachine().read;
    m_read = [plain](const std::filesystem::path& path) -> Result<std::string> {
        if (path.string().ends_with("rapl:1/energy_uj")) return fail(ErrorCode::Refused, "permission denied");
        return plain(path);
    };
    const auto power = source();
    EXPECT_THAT(power->info().missing.at("energy counter"), AllOf(HasSubstr("rapl:1/energy_uj"), HasSubstr("administrator")));
    EXPECT_FALSE(power->info().tellsEnergy());
    EXPECT_FALSE(power->read().joules) << "one package is not the processor";
}

TEST_F(Processor, TellsTheFastestOfItsClocksAndThePackagesTemperature) {
    write("devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "1200000");
    write("devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "3400000");
    write("devices/system/cpu/cpu2/cpufreq/scaling_cur_freq", "5000000");  // this process may not run there
    write("class/thermal/thermal_zone0/type", "acpitz");
    write("class/thermal/thermal_zone0/temp", "20000");
    write("class/thermal/thermal_zone1/type", "cpu-thermal");
    write("class/thermal/thermal_zone1/temp", "40000");
    write("class/thermal/thermal_zone2/type", "x86_pkg_temp");
    write("class/thermal/thermal_zone2/temp", "61500");
    const auto power = source();
    const Reading reading = power->read();
    EXPECT_EQ(reading.coreMHz, 3400);
    EXPECT_EQ(reading.celsius, 61.5);
    EXPECT_FALSE(reading.joules);
    EXPECT_FALSE(power->info().tellsEnergy());
    EXPECT_TRUE(power->info().tellsClocks());
}

TEST_F(Processor, OfAMachineThatTellsNothingHasReasons) {
    const auto power = source();
    EXPECT_THAT(power->info().reasons({"energy counter", "power"}), HasSubstr("no powercap zones"));
    EXPECT_THAT(power->info().missing.at("core clock"), HasSubstr("no cpufreq"));
    EXPECT_FALSE(power->info().tellsEnergy());
    EXPECT_FALSE(power->info().tellsClocks());
    const Reading reading = power->read();
    EXPECT_FALSE(reading.joules || reading.watts || reading.coreMHz || reading.celsius || reading.reasons);
}

TEST_F(Processor, ReadsThisMachineOrSaysWhyNot) {
    const auto power = processorSource();
    const Reading reading = power->read();
    EXPECT_EQ(reading.joules.has_value(), power->info().tells("energy counter"));
    EXPECT_EQ(reading.coreMHz.has_value(), power->info().tells("core clock"));
    EXPECT_EQ(reading.celsius.has_value(), power->info().tells("temperature"));
}

}  // namespace
}  // namespace trimtab::profiler
