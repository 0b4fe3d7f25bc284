#pragma once
// What tests that kill programs in the middle of a sweep share: the sweep's files and what its session holds.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/app/cli/tiny_study.h"

namespace trimtab::testing_cli {

class KillFixture : public testing::Test {
protected:
    static constexpr int kTrials = 5;  // 32, 8, 6, 4 and 3 bits

    /// Finished results of each trial's label.
    std::map<std::string, int> stored(const std::string& session) const;
    void expectNothingLost(const std::string& session, const std::vector<std::string>& labels) const;
    void expectWhole(const std::string& session) const;

    TinyStudy m_tiny;
};

}  // namespace trimtab::testing_cli
