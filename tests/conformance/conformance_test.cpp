// The ONNX backend tests of Debian's package libonnx-testdata.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference_engine.h"
#include "profiler/worker/conformance.h"

namespace trimtab {
namespace {

const std::filesystem::path kData = "/usr/share/libonnx-testdata/data";

/// Their outputs depend on random numbers: passed, but checked for type, shape and range only.
const std::vector<std::string> kRandom{"test_bernoulli",
                                       "test_bernoulli_double",
                                       "test_bernoulli_double_expanded",
                                       "test_bernoulli_expanded",
                                       "test_bernoulli_seed",
                                       "test_bernoulli_seed_expanded",
                                       "test_training_dropout",
                                       "test_training_dropout_default",
                                       "test_training_dropout_default_mask",
                                       "test_training_dropout_mask"};

void print(const worker::ConformanceReport& report) {
    for (const auto& outcome : report.failed) std::cout << "  failed       " << outcome.name << ": " << outcome.reason << '\n';
    for (const auto& outcome : report.unsupported) std::cout << "  unsupported  " << outcome.name << ": " << outcome.reason << '\n';
}

/// The names in not_passed.txt.
std::set<std::string> expectedNotToPass() {
    std::ifstream file(std::string(TRIMTAB_SOURCE_DIR) + "/tests/conformance/not_passed.txt");
    std::set<std::string> names;
    for (std::string line; std::getline(file, line);)
        if (!line.starts_with('#')) names.insert(line.substr(0, line.find(':')));
    return names;
}

/// What no kernel executes is refused by name; what one executes is right.
void expectAllButTheListedToPass(runtime::Engine& engine) {
    ASSERT_TRUE(std::filesystem::is_directory(kData)) << "the test data are missing: install the package libonnx-testdata";
    const std::array folders{kData / "node", kData / "simple", kData / "pytorch-converted", kData / "pytorch-operator"};
    const auto report = worker::runConformance(folders, engine);
    ASSERT_TRUE(report) << report.error().text();
    print(*report);
    std::set<std::string> notPassed;
    for (const auto& outcome : report->failed) notPassed.insert(outcome.name);
    for (const auto& outcome : report->unsupported) notPassed.insert(outcome.name);
    EXPECT_EQ(notPassed, expectedNotToPass());
    EXPECT_EQ(report->passed.size() + notPassed.size(), 1072U);
    EXPECT_GE(report->passed.size(), 1030U);
    EXPECT_EQ(report->random, kRandom);
}

TEST(Conformance, OfTheReference) { expectAllButTheListedToPass(*ref::makeReferenceEngine()); }

TEST(Conformance, OfTheCpuEngine) { expectAllButTheListedToPass(*cpu::makeCpuEngine(2)); }

}  // namespace
}  // namespace trimtab
