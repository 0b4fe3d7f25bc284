// Profiles that a session keeps.
#include <filesystem>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/base/json.h"
#include "tests/app/cli/command_line.h"
#include "tests/app/cli/tiny_study.h"
#include "tests/support/model_builder.h"

namespace trimtab::testing_cli {
namespace {

class ProfilesOfASession : public testing::Test {
protected:
    Json json(std::vector<std::string> arguments) {
        arguments.emplace_back("--json");
        const Ran ran = trimtab(arguments);
        EXPECT_EQ(ran.status, 0) << ran.err;
        return base::parseJson(ran.out, "standard output").value_or(Json());
    }
    void sweep() {
        json({"sweep", m_tiny.model(), "--data", m_tiny.data(), "--axis", "weights.bits=32,8", "--session", m_session, "--seconds", "0.01",
              "--processes", "2"});
    }
    TinyStudy m_tiny;
    const std::string m_session = m_tiny.at("s.trimtab");
};

TEST_F(ProfilesOfASession, OfATrialRunsItsOwnRecipeAndIsShownAgainAsItWas) {
    sweep();
    EXPECT_EQ(json({"profile", m_session})["profiles"], Json::array());
    Json made = json({"profile", m_session, "--trial", "2", "--seconds", "0.05"});
    EXPECT_EQ(made["recipe"]["weights"]["bits"], 8) << made["recipe"];
    EXPECT_EQ(made["profile"], 1);
    Json again = json({"profile", m_session, "--kept", "1", "--trace", m_tiny.at("again.pftrace")});
    EXPECT_EQ(made, again);
    EXPECT_GT(std::filesystem::file_size(m_tiny.at("again.pftrace")), 100U);
    const Json list = json({"profile", m_session})["profiles"];
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["trial"], 2);
    const Ran shown = trimtab({"profile", m_session});
    EXPECT_NE(shown.out.find(list[0]["recorded_at"].get<std::string>()), std::string::npos) << shown.out;
}

TEST_F(ProfilesOfASession, OfAModelAreKeptInANewFileToo) {
    Json made = json({"profile", m_tiny.model(), "--seconds", "0.05", "--session", m_session});
    EXPECT_EQ(made["profile"], 1);
    EXPECT_EQ(made, json({"profile", m_session, "--kept", "1"}));
    EXPECT_EQ(json({"profile", m_session})["profiles"][0]["trial"], Json(nullptr));
    EXPECT_EQ(json({"profile", m_tiny.model(), "--seconds", "0.05"})["profile"], Json(nullptr)) << "unless it was asked for, none is kept";
}

TEST_F(ProfilesOfASession, ThatIsNotThereAreRefusedByName) {
    EXPECT_NE(trimtab({"profile", m_session}).err.find("s.trimtab"), std::string::npos);
    EXPECT_EQ(trimtab({"profile", m_session, "--trial", "1"}).status, 1);
    EXPECT_FALSE(std::filesystem::exists(m_session)) << "nothing is made for it";
    sweep();
    for (const char* number : {"--trial", "--kept"}) {
        const Ran ran = trimtab({"profile", m_session, number, "99"});
        EXPECT_EQ(ran.status, 1);
        EXPECT_NE(ran.err.find("99"), std::string::npos) << ran.err;
    }
}

TEST_F(ProfilesOfASession, AreNotMadeOfAModelThatChanged) {
    sweep();
    std::filesystem::remove(m_tiny.model());
    EXPECT_NE(trimtab({"profile", m_session, "--trial", "2"}).status, 0);
    TinyStudy other;
    const auto text = base::readFile(other.model(), 1 << 20);
    ASSERT_TRUE(text);
    ASSERT_TRUE(base::writeFileAtomically(m_tiny.model(), *text + std::string("\x32\x01x", 3)));  // a field more: doc_string
    const Ran ran = trimtab({"profile", m_session, "--trial", "2"});
    EXPECT_NE(ran.err.find("not the one that was measured"), std::string::npos) << ran.err;
}

TEST_F(ProfilesOfASession, OfAModelThatDoesNotFitSayWhatWouldAndAreNotKept) {
    constexpr std::int64_t kWidth = 1024;
    support::ModelBuilder model;
    model.input("x", DataType::Float32, {1, kWidth});
    std::string last = "x";
    for (const std::string layer : {"a", "b", "c"}) {
        model.constant("w" + layer, Tensor::zeros(DataType::Float32, {kWidth, kWidth}).value()).node("MatMul", {last, "w" + layer}, {layer});
        last = layer;
    }
    model.output(last).save(m_tiny.at("large.onnx"));
    const std::vector<std::string> command{"profile", m_tiny.at("large.onnx"), "--memory-limit", "20M", "--session", m_session};
    EXPECT_EQ(trimtab(command).status, 1) << "it fails unless what would fit is asked for";
    std::vector<std::string> asked = command;
    asked.emplace_back("--advice");
    const Json told = json(asked);
    EXPECT_EQ(told["bound_by"], "capacity");
    EXPECT_EQ(told["profile"], Json(nullptr));
    ASSERT_FALSE(told["advice"].empty()) << told["capacity"];
    EXPECT_GT(told["advice"][0]["run_ms"], 0);
    EXPECT_EQ(told["advice"][0]["speedup"], Json(nullptr));
    EXPECT_NE(trimtab(asked).out.find("does not fit"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(m_session));
}

}  // namespace
}  // namespace trimtab::testing_cli
