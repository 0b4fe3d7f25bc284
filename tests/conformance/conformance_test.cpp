// The ONNX backend tests of Debian's package libonnx-testdata.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <iostream>

#include "kernels/ref/reference_engine.h"
#include "profiler/worker/conformance.h"

namespace trimtab {
namespace {

const std::filesystem::path kData = "/usr/share/libonnx-testdata/data";

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

}  // namespace
}  // namespace trimtab
