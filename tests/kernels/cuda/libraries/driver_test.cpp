// The driver check says in one line what is missing.
#include "kernels/cuda/libraries/driver.h"

#include <gmock/gmock.h>

#include <cstdlib>

namespace trimtab::cuda {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kFake = std::string(TRIMTAB_BIN_DIR) + "/libfake_driver.so";

class DriverCheck : public ::testing::Test {
protected:
    void TearDown() override {
        for (const char* variable : {"FAKE_DRIVER_INIT", "FAKE_DRIVER_CUDA", "FAKE_DRIVER_DEVICES"}) ::unsetenv(variable);
    }
    static std::string refusal(const char* variable, const char* value) {
        ::setenv(variable, value, 1);
        const auto found = checkDriver(kFake);
        EXPECT_FALSE(found);
        if (found) return {};
        EXPECT_EQ(found.error().code, ErrorCode::Unsupported);
        EXPECT_THAT(found.error().text(), Not(HasSubstr("\n")));
        return found.error().text();
    }
};

TEST_F(DriverCheck, TakesADriverOfTheNeededVersion) {
    const auto found = checkDriver(kFake);
    ASSERT_TRUE(found) << found.error().text();
    EXPECT_EQ(found->cuda, 13000);
    EXPECT_EQ(found->devices, 1);
}

TEST_F(DriverCheck, TakesANewerDriver) {
    ::setenv("FAKE_DRIVER_CUDA", "14020", 1);
    const auto found = checkDriver(kFake);
    ASSERT_TRUE(found) << found.error().text();
    EXPECT_EQ(cudaVersionText(found->cuda), "14.2");
}

TEST_F(DriverCheck, NamesTheDriverThatIsNeeded) {
    EXPECT_THAT(refusal("FAKE_DRIVER_CUDA", "12040"), AllOf(HasSubstr("too old"), HasSubstr("12.4"), HasSubstr("13.0"), HasSubstr("580")));
}

TEST_F(DriverCheck, GivesTheCodeWithWhichTheDriverDoesNotStart) {
    EXPECT_THAT(refusal("FAKE_DRIVER_INIT", "999"), AllOf(HasSubstr("999"), HasSubstr("CUDA_ERROR_UNKNOWN")));
    EXPECT_THAT(refusal("FAKE_DRIVER_INIT", "803"), HasSubstr("code 803")) << "a code without a name";
}

TEST_F(DriverCheck, SaysThatThereIsNoDevice) { EXPECT_THAT(refusal("FAKE_DRIVER_DEVICES", "0"), HasSubstr("no GPU")); }

TEST_F(DriverCheck, SaysThatThereIsNoDriver) {
    const auto found = checkDriver("libcuda-of-nowhere.so.1");
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().text(), AllOf(HasSubstr("no NVIDIA driver"), HasSubstr("libcuda-of-nowhere.so.1"), HasSubstr("580")));
}

TEST_F(DriverCheck, IsNotFooledByAnotherLibrary) {
    const auto found = checkDriver("libm.so.6");
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().text(), HasSubstr("is no NVIDIA driver"));
}

TEST_F(DriverCheck, TellsWhereADeviceIs) {
    ::setenv("FAKE_DRIVER_DEVICES", "4", 1);
    EXPECT_EQ(pciBusId(0, kFake).value(), "0000:07:00.0");
    EXPECT_EQ(pciBusId(3, kFake).value(), "0000:0a:00.0");
    const auto beyond = pciBusId(4, kFake);
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(beyond.error().text(), HasSubstr("code 101"));
    EXPECT_FALSE(pciBusId(0, "libm.so.6"));
    EXPECT_FALSE(pciBusId(0, "libcuda-of-nowhere.so.1"));
}

}  // namespace
}  // namespace trimtab::cuda
