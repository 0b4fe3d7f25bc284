// The ONNX backend tests of Debian's package libonnx-testdata.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>

#include "kernels/ref/reference_engine.h"
#include "profiler/worker/conformance.h"

namespace trimtab {
namespace {

const std::filesystem::path kData = "/usr/share/libonnx-testdata/data";

/// Recorded data that say something else than their operators: bfloat16 tensors stored as uint16, and results of one run of a random generator.
const std::vector<std::string> kFaultyData{
    "test_bernoulli_double_expanded", "test_bernoulli_expanded", "test_bernoulli_seed_expanded", "test_cast_BFLOAT16_to_FLOAT",
    "test_cast_FLOAT_to_BFLOAT16", "test_castlike_BFLOAT16_to_FLOAT", "test_castlike_BFLOAT16_to_FLOAT_expanded",
    "test_castlike_FLOAT_to_BFLOAT16", "test_castlike_FLOAT_to_BFLOAT16_expanded"};

void print(const worker::ConformanceReport& report) {
    for (const auto& outcome : report.failed) std::cout << "  failed       " << outcome.name << ": " << outcome.reason << '\n';
    for (const auto& outcome : report.unsupported) std::cout << "  unsupported  " << outcome.name << ": " << outcome.reason << '\n';
}

TEST(Conformance, PassesTheWholeModelsOfTheBackendTests) {
    ASSERT_TRUE(std::filesystem::is_directory(kData)) << "the test data are missing: install the package libonnx-testdata";
    const std::array folders{kData / "simple", kData / "pytorch-converted", kData / "pytorch-operator"};
    const auto engine = ref::makeReferenceEngine();
    const auto report = worker::runConformance(folders, *engine);
    ASSERT_TRUE(report) << report.error().text();
    print(*report);
    EXPECT_EQ(report->passed.size() + report->failed.size() + report->unsupported.size(), 140U);
    EXPECT_GE(report->passed.size(), 125U);
    EXPECT_TRUE(report->failed.empty());
}

/// One model for each operator and case. What no kernel executes is refused by name; what one executes must be right.
TEST(Conformance, IsRightAboutEveryOperatorItExecutes) {
    ASSERT_TRUE(std::filesystem::is_directory(kData)) << "the test data are missing: install the package libonnx-testdata";
    const std::array folders{kData / "node"};
    const auto engine = ref::makeReferenceEngine();
    const auto report = worker::runConformance(folders, *engine);
    ASSERT_TRUE(report) << report.error().text();
    print(*report);
    for (const auto& outcome : report->failed)
        EXPECT_TRUE(std::find(kFaultyData.begin(), kFaultyData.end(), outcome.name) != kFaultyData.end()) << outcome.name << ": " << outcome.reason;
    EXPECT_EQ(report->passed.size() + report->failed.size() + report->unsupported.size(), 932U);
    EXPECT_GE(report->passed.size(), 730U);
}

}  // namespace
}  // namespace trimtab
