// Readings of a GPU, over libraries that stand for NVML's.
#include "profiler/power/nvml_source.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/profiler/power/fake_nvml.h"

namespace trimtab::profiler {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kLibrary = std::string(TRIMTAB_BIN_DIR) + "/libfake_nvml.so";
const std::string kOldLibrary = std::string(TRIMTAB_BIN_DIR) + "/libfake_old_nvml.so";
constexpr const char* kBusId = "0000:65:00.0";

class Nvml : public ::testing::Test {
protected:
    static test::FakeNvml& stateOf(const std::string& library) {
        void* const handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
        EXPECT_NE(handle, nullptr);
        return *static_cast<test::FakeNvml*>(::dlsym(handle, "fake_nvml_state"));
    }
    void SetUp() override { m_fake = {}; }
    static std::unique_ptr<PowerSource> opened(const std::string& library = kLibrary) {
        auto source = nvmlSource(nvml::open(library).value(), kBusId);
        EXPECT_TRUE(source) << source.error().text();
        return source ? std::move(*source) : nullptr;
    }

    test::FakeNvml& m_fake = stateOf(kLibrary);
};

TEST_F(Nvml, TellsEverythingInTheUnitsOfAReading) {
    m_fake.reasons = 0x1 | 0x4;
    const auto source = opened();
    EXPECT_STREQ(m_fake.busId, kBusId);
    EXPECT_TRUE(source->info().missing.empty());
    const Reading reading = source->read();
    EXPECT_DOUBLE_EQ(reading.watts.value(), 310.5);
    EXPECT_DOUBLE_EQ(reading.joules.value(), 5'000'000.25);
    EXPECT_EQ(reading.coreMHz, 1755);
    EXPECT_EQ(reading.memoryMHz, 2619);
    EXPECT_EQ(reading.celsius, 47);
    EXPECT_THAT(words(reading.reasons.value()), ElementsAre("idle", "power cap"));
}

TEST_F(Nvml, IsInitialisedWhileTheSourceLives) {
    auto source = opened();
    EXPECT_EQ(m_fake.started, 1);
    EXPECT_EQ(m_fake.stopped, 0);
    source.reset();
    EXPECT_EQ(m_fake.stopped, 1);
    m_fake.onHandle = 6;
    EXPECT_FALSE(nvmlSource(nvml::open(kLibrary).value(), kBusId));
    EXPECT_EQ(m_fake.stopped, m_fake.started);
    m_fake.onInit = 9;
    EXPECT_FALSE(nvmlSource(nvml::open(kLibrary).value(), kBusId));
    EXPECT_EQ(m_fake.stopped, 2) << "what did not start is not stopped";
}

TEST_F(Nvml, SaysWhatItAnswersInPlaceOfAZero) {
    m_fake.onPower = 3;
    m_fake.onEnergy = 4;
    m_fake.onMemoryClock = 3;
    m_fake.onTemperature = 15;
    const auto source = opened();
    const auto& missing = source->info().missing;
    EXPECT_THAT(missing.at("power"), AllOf(HasSubstr("nvmlDeviceGetPowerUsage"), HasSubstr("Not Supported (3)")));
    EXPECT_THAT(missing.at("energy counter"), HasSubstr("administrator"));
    EXPECT_THAT(missing.at("temperature"), HasSubstr("(15)"));
    EXPECT_TRUE(missing.contains("memory clock"));
    EXPECT_FALSE(source->info().tellsEnergy());
    EXPECT_TRUE(source->info().tellsClocks());
    const Reading reading = source->read();
    EXPECT_FALSE(reading.watts || reading.joules || reading.memoryMHz || reading.celsius);
    EXPECT_EQ(reading.coreMHz, 1755) << "the other clock is told";
}

TEST_F(Nvml, LeavesOutAReadingThatFailsLater) {
    const auto source = opened();
    m_fake.onPower = 15;
    EXPECT_FALSE(source->read().watts);
    m_fake.onPower = 0;
    EXPECT_TRUE(source->read().watts);
}

TEST_F(Nvml, OfAnOlderDriverSaysWhatItLacks) {
    stateOf(kOldLibrary) = {};
    stateOf(kOldLibrary).reasons = 0x40;
    const auto source = opened(kOldLibrary);
    EXPECT_THAT(source->info().missing.at("energy counter"), HasSubstr("nvmlDeviceGetTotalEnergyConsumption"));
    EXPECT_TRUE(source->info().tellsEnergy()) << "by its power";
    EXPECT_THAT(words(source->read().reasons.value()), ElementsAre("hardware thermal slowdown")) << "under the older name";
}

TEST_F(Nvml, SaysInOneLineWhyItCannotBeHad) {
    const auto nowhere = nvml::open("libnvidia-ml-of-nowhere.so.1");
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(nowhere.error().text(), AllOf(HasSubstr("libnvidia-ml-of-nowhere.so.1"), HasSubstr("driver"), Not(HasSubstr("\n"))));
    const auto another = nvml::open("libm.so.6");
    ASSERT_FALSE(another);
    EXPECT_THAT(another.error().text(), HasSubstr("is no NVML"));
    m_fake.onInit = 9;
    const auto unloaded = nvmlSource(nvml::open(kLibrary).value(), kBusId);
    ASSERT_FALSE(unloaded);
    EXPECT_THAT(unloaded.error().text(), HasSubstr("Driver Not Loaded (9)"));
    m_fake.onInit = 0;
    m_fake.onHandle = 6;
    const auto unknown = nvmlSource(nvml::open(kLibrary).value(), kBusId);
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().text(), HasSubstr(kBusId));
}

TEST_F(Nvml, EachOfItsBitsIsAReason) {
    EXPECT_EQ(reasonsOfNvml(0), 0U);
    EXPECT_EQ(words(reasonsOfNvml(0x1FF)).size(), 9U);
    EXPECT_THAT(words(reasonsOfNvml(0x20)), ElementsAre("thermal slowdown"));
    EXPECT_THAT(words(reasonsOfNvml(0x80)), ElementsAre("power brake"));
    EXPECT_THAT(words(reasonsOfNvml(0x4000)), ElementsAre("another reason")) << "one of a later driver";
}

}  // namespace
}  // namespace trimtab::profiler
