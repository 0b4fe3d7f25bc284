#include "core/evaluate/program.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "tests/core/evaluate/fakes.h"
#include "core/evaluate/evaluate.h"

namespace trimtab::evaluate {
namespace {

class Program : public testing::Test {
protected:
    std::string script(const std::string& body) {
        const auto path = m_folder.path() / "score.sh";
        std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return path.string();
    }
    base::TemporaryFolder m_folder = base::TemporaryFolder::create("trimtab-test").value();
};

TEST_F(Program, GetsItsArgumentsAndIsReadToItsEnd) {
    EXPECT_EQ(runProgram(script("echo $1; echo $2"), {"a b", "c"}, 1000, {}).value(), "a b\nc\n");
}

TEST_F(Program, FailsWithItsStatus) {
    const auto failed = runProgram(script("exit 3"), {}, 1000, {});
    ASSERT_FALSE(failed);
    EXPECT_NE(failed.error().message.find("status 3"), std::string::npos);
    EXPECT_FALSE(runProgram("/nowhere/program", {}, 1000, {}));
}

TEST_F(Program, IsStoppedWhenItPrintsWithoutEnd) { EXPECT_FALSE(runProgram(script("yes"), {}, 10000, {})); }

TEST_F(Program, IsStoppedWhenAsked) {
    const auto stopped = runProgram(script("while true; do :; done"), {}, 1000, [] { return true; });
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

TEST(Scores, AreOneNumberALine) {
    EXPECT_EQ(parseScores("1\n\n 0.5 \r\n-2e3\n", 3).value(), (std::vector<double>{1, 0.5, -2000}));
    EXPECT_FALSE(parseScores("1\n2\n", 3));
    EXPECT_FALSE(parseScores("1 2\n", 1));
    EXPECT_FALSE(parseScores("nan\n", 1));
    EXPECT_FALSE(parseScores("one\n", 1));
}

TEST_F(Program, ScoresTheOutputsThatWereSaved) {
    FunctionModel model(parity(100));
    // One file a batch, named by its first sample; the score of a sample is the number of files.
    const std::string program =
        script("n=$(ls $1 | wc -l); ls $1 | grep -q 000003_y.npy || exit 1; for i in 1 2 3 4 5; do echo $n; done; test $2 = data");
    const auto evaluation = withProgram(model, CountingData(5), "data", program, 3).value();
    EXPECT_EQ(evaluation.sampleScores, std::vector<double>(5, 2));
    EXPECT_EQ(evaluation.metric, "exec:" + program);
}

}  // namespace
}  // namespace trimtab::evaluate
