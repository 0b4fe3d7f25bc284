// Words that do not go together: what they are answered, and what they must not leave behind.
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/formats/numpy/npy.h"
#include "core/tensor/tensor.h"
#include "tests/app/cli/command_line.h"
#include "tests/app/cli/tiny_study.h"

namespace trimtab::testing_cli {
namespace {

using testing::HasSubstr;

class BadUsage : public testing::Test {
protected:
    std::vector<std::string> onTheModel(const std::string& command, std::vector<std::string> more) const {
        std::vector<std::string> words{command, m_tiny.model(), "--data", m_tiny.data()};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    Ran tune(std::vector<std::string> more) const {
        more.insert(more.end(), {"--max-drop", "5%", "--seconds", "0.01", "--processes", "2", "--session", session()});
        return trimtab(onTheModel("tune", more));
    }
    Ran sweep(std::vector<std::string> more) const {
        more.insert(more.end(), {"--seconds", "0.01", "--processes", "2", "--session", session()});
        return trimtab(onTheModel("sweep", more));
    }
    /// A folder of arrays that the model does not take.
    std::string otherData() const {
        std::filesystem::create_directories(m_tiny.at("other"));
        EXPECT_TRUE(formats::numpy::writeNpy(m_tiny.at("other/x.npy"), Tensor::zeros(DataType::Float32, {8, 5}).value()));
        return m_tiny.at("other");
    }
    std::vector<std::string> gptq(const std::string& calibration) const {
        return {"--option", "weights.bits=4,weights.method=gptq", "--calibration", calibration};
    }
    std::string session() const { return m_tiny.at("s.trimtab"); }

    TinyStudy m_tiny;
};

TEST_F(BadUsage, LeavesNoSession) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"--option", "weights.bits=1"},
                                                                   {"--option", "bogus"},
                                                                   {"--option", "weights.bits=4,weights.bits=8"},
                                                                   {"--metric", "bogus"},
                                                                   {"--metric", "exec:/bin/true"}}) {
        const Ran ran = tune(words);
        EXPECT_EQ(ran.status, 2) << words.back() << ": " << ran.err;
        EXPECT_FALSE(std::filesystem::exists(session())) << words.back();
    }
    for (const auto& words : std::vector<std::vector<std::string>>{{"--axis", "weights.bits=1,2"},
                                                                   {"--axis", "weights.bits=4", "--axis", "weights.bits=8"},
                                                                   {"--axis", "weights.bits=4", "--metric", "bogus"},
                                                                   {"--axis", "weights.bits=4", "--metric", "sqnr_db"}}) {
        const Ran ran = sweep(words);
        EXPECT_EQ(ran.status, 2) << words.back() << ": " << ran.err;
        EXPECT_FALSE(std::filesystem::exists(session())) << words.back();
    }
    EXPECT_EQ(trimtab({"sweep", "--resume", "--session", session()}).status, 1);
    EXPECT_FALSE(std::filesystem::exists(session()));
}

TEST_F(BadUsage, OfDataLeavesNoSessionEither) {
    const Ran ran = tune(gptq(otherData()));
    EXPECT_NE(ran.status, 0);
    EXPECT_FALSE(std::filesystem::exists(session())) << ran.err;
    EXPECT_NE(trimtab({"sweep", m_tiny.at("missing.onnx"), "--axis", "weights.bits=4", "--session", session()}).status, 0);
    EXPECT_FALSE(std::filesystem::exists(session()));
}

TEST_F(BadUsage, LeavesASessionAsItWas) {
    ASSERT_EQ(sweep({"--axis", "weights.bits=8"}).status, 0);
    const std::string before = base::readFile(session(), 1 << 24).value();
    tune({"--option", "weights.bits=1"});
    tune({"--metric", "bogus"});
    tune(gptq(otherData()));
    sweep({"--axis", "weights.bits=1"});
    EXPECT_TRUE(base::readFile(session(), 1 << 24).value() == before);
}

TEST_F(BadUsage, OfASessionThatCannotBeMadeIsToldBeforeAnythingIsMeasured) {
    for (const char* command : {"tune", "sweep"}) {
        const Ran ran = trimtab({command, m_tiny.at("missing.onnx"), command == std::string("tune") ? "--max-bits" : "--axis",
                                 command == std::string("tune") ? "4" : "weights.bits=4", "--session", m_tiny.at("nowhere/s.trimtab")});
        EXPECT_EQ(ran.status, 1) << command;
        EXPECT_THAT(ran.err, HasSubstr("nowhere/s.trimtab")) << command;
    }
}

TEST_F(BadUsage, OfANumberNamesTheOptionAndTheValue) {
    for (const char* option : {"--max-latency", "--max-size", "--max-bits"})
        for (const char* value : {"nan", "inf", "-1", "0"}) {
            const Ran ran = trimtab(onTheModel("tune", {option, value, "--session", session()}));
            EXPECT_EQ(ran.status, 2) << option << " " << value;
            EXPECT_THAT(ran.err, testing::AllOf(HasSubstr(option), HasSubstr(value)));
            EXPECT_LT(ran.err.size(), 200U) << ran.err;
        }
    const Ran cells = trimtab(onTheModel("sensitivity", {"--seconds-per-cell", "nan"}));
    EXPECT_EQ(cells.status, 2);
    EXPECT_THAT(cells.err, testing::AllOf(HasSubstr("--seconds-per-cell"), HasSubstr("nan")));
    EXPECT_EQ(tune({"--seconds", "nan"}).status, 2);
}

TEST_F(BadUsage, OfCalibrationIsToldWhereNothingCalibrates) {
    const Ran ran = trimtab(onTheModel("eval", {"--calibration", m_tiny.data()}));
    EXPECT_EQ(ran.status, 2);
    EXPECT_THAT(ran.err, testing::AllOf(HasSubstr("--calibration"), HasSubstr("--recipe")));
    const std::string recipe = m_tiny.write("r.json", R"({"weights": {"bits": 4, "method": "gptq"}})");
    const Ran missing = trimtab(
        {"compress", m_tiny.model(), "--recipe", recipe, "--calibration", m_tiny.at("nosuch"), "-o", m_tiny.at("small.onnx")});
    EXPECT_EQ(missing.status, 1);
    EXPECT_THAT(missing.err, testing::AllOf(HasSubstr("calibration"), HasSubstr("nosuch")));
    const Ran swept = sweep({"--axis", "weights.bits=4", "--calibration", m_tiny.at("nosuch")});
    EXPECT_EQ(swept.status, 1);
    EXPECT_THAT(swept.err, testing::AllOf(HasSubstr("calibration"), HasSubstr("nosuch")));
}

TEST_F(BadUsage, OfAnotherKindOfFileThanCompressWritesIsRefused) {
    const std::string recipe = m_tiny.write("r.json", R"({"weights": {"bits": 8}})");
    const Ran ran = trimtab({"compress", m_tiny.model(), "--recipe", recipe, "-o", m_tiny.at("x.txt")});
    EXPECT_EQ(ran.status, 2);
    EXPECT_THAT(ran.err, HasSubstr(".onnx"));
    EXPECT_FALSE(std::filesystem::exists(m_tiny.at("x.txt")));
}

TEST_F(BadUsage, OfTokenIdsPrintsThoseOfTheFile) {
    Tensor ids = Tensor::zeros(DataType::Int64, {1, 4}).value();
    ids.mutableData<std::int64_t>()[2] = -1'000'000'000;
    ASSERT_TRUE(formats::numpy::writeNpy(m_tiny.at("ids.npy"), ids));
    const Ran ran = trimtab({"run", TRIMTAB_SOURCE_DIR "/resources/samples/language/language.onnx", "--input",
                             "input_ids=" + m_tiny.at("ids.npy")});
    EXPECT_EQ(ran.status, 3);
    EXPECT_THAT(ran.err, HasSubstr("-1000000000 "));
}

}  // namespace
}  // namespace trimtab::testing_cli
