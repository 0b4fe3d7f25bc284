// Studies of a configuration whose weights are drawn: speed and memory, marked as such wherever they stand, and never a score.
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "core/base/json.h"
#include "tests/app/cli/command_line.h"
#include "tests/app/cli/decoder_folder.h"

namespace trimtab::testing_cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class RandomWeights : public testing::Test {
protected:
    void SetUp() override {
        for (const auto& entry : std::filesystem::directory_iterator(m_decoder.path()))
            if (entry.path().filename() != "config.json") std::filesystem::remove(entry.path());
    }
    std::string config() const { return m_decoder.path() + "/config.json"; }
    std::string at(const std::string& name) const { return m_decoder.tiny().at(name); }
    std::string session() const { return at("s.trimtab"); }
    std::vector<std::string> sweepWords(const std::string& model, const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words{"sweep", model, "--session", session(), "--seconds", "0.01", "--processes", "2", "--json"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
    Ran sweep(const std::vector<std::string>& more = {}, const std::string& seed = "7") {
        std::vector<std::string> words =
            sweepWords(config(), {"--random-weights", seed, "--prompt", "8", "--generate", "2", "--axis", "weights.bits=32,8"});
        words.insert(words.end(), more.begin(), more.end());
        return trimtab(words);
    }
    static Json document(const Ran& ran) {
        EXPECT_EQ(ran.status, 0) << ran.err;
        return base::parseJson(ran.out, "output").value_or(Json());
    }
    std::string report(const std::string& name) {
        EXPECT_EQ(trimtab({"report", session(), "-o", at(name)}).status, 0);
        std::ostringstream text;
        text << std::ifstream(at(name)).rdbuf();
        return text.str();
    }
    DecoderFolder m_decoder;
};

TEST_F(RandomWeights, AreTimedAndNeverScoredAndSayThatTheyAreRandom) {
    const Json answer = document(sweep());
    EXPECT_EQ(answer["random_weights"], 7);
    ASSERT_EQ(answer["pareto"].size(), 2u) << answer.dump(1);
    for (const Json& row : answer["pareto"]) {
        EXPECT_FALSE(row["speedup"].is_null()) << row.dump(1);
        EXPECT_TRUE(row["accuracy"].is_null());
        EXPECT_EQ(row["on_front"], false);
        EXPECT_EQ(row["left_out_because"], "random weights (seed 7): speed and memory alone");
    }
    EXPECT_LT(answer["pareto"][1]["size_bytes"], answer["pareto"][0]["size_bytes"]);
    const std::string text = report("r.md");
    EXPECT_THAT(text, AllOf(HasSubstr("random weights (seed 7)"), HasSubstr("--random-weights 7"), Not(HasSubstr("fidelity to"))));
}

TEST_F(RandomWeights, GoOnWhereTheyStoppedAndAreOtherModelsUnderAnotherSeed) {
    document(sweep());
    EXPECT_EQ(document(trimtab({"sweep", "--resume", "--session", session(), "--json"}))["reused"], 2);
    const Json again = document(sweep());
    EXPECT_EQ(again["reused"], 2);
    const Json other = document(sweep({}, "8"));
    EXPECT_EQ(other["reused"], 0);
    EXPECT_EQ(other["random_weights"], 8);
    EXPECT_NE(other["study"], again["study"]);
    EXPECT_EQ(trimtab({"sweep", "--resume", "--session", session(), "--random-weights", "8"}).status, 2);
}

TEST_F(RandomWeights, StandInAStudyFileToo) {
    m_decoder.tiny().write("study.json", R"({"model": "decoder/config.json", "random_weights": 3, "axes": ["weights.bits=32,8"],
                                             "run": {"prompt": 4}})");
    EXPECT_EQ(document(trimtab(sweepWords(at("study.json"))))["random_weights"], 3);
}

TEST_F(RandomWeights, AreNotAskedForAnswers) {
    for (const std::vector<std::string>& words : {std::vector<std::string>{"--data", m_decoder.tiny().data()},
                                                  {"--metric", "sqnr_db"},
                                                  {"--calibration", m_decoder.tiny().data()},
                                                  {"--variant", m_decoder.tiny().model()}}) {
        const Ran ran = sweep(words);
        EXPECT_EQ(ran.status, 2) << words[0];
        EXPECT_THAT(ran.err, AllOf(HasSubstr("--random-weights"), HasSubstr("speed and memory"))) << words[0];
        EXPECT_FALSE(std::filesystem::exists(session())) << words[0];
    }
}

TEST_F(RandomWeights, AreAskedForByNameOfTheirOption) {
    const Ran ran = trimtab(sweepWords(config(), {"--axis", "weights.bits=8"}));
    EXPECT_EQ(ran.status, 2);
    EXPECT_THAT(ran.err, HasSubstr("--random-weights"));
}

TEST_F(RandomWeights, AreSaidWhereverTrialsAreCompared) {
    document(sweep());
    EXPECT_THAT(trimtab({"compare", session(), "1", "2"}).out, HasSubstr("random weights (seed 7)"));
    EXPECT_EQ(document(trimtab({"compare", session(), "1", "2", "--json"}))["weights"], "random weights (seed 7): speed and memory alone");
    std::filesystem::copy_file(session(), at("old.trimtab"));
    document(sweep({}, "8"));
    const Json pairs = document(trimtab({"compare", at("old.trimtab"), session(), "--json"}))["trials"];
    ASSERT_EQ(pairs.size(), 2u);
    for (const Json& pair : pairs) EXPECT_THAT(pair["changes"].dump(), HasSubstr("weights: random weights (seed 7)"));
    for (const Json& row : document(trimtab({"pareto", session(), "--json"}))) EXPECT_THAT(row["weights"].dump(), HasSubstr("seed 8"));
    EXPECT_THAT(report("r.csv"), HasSubstr("\"baseline, random weights (seed 8): speed and memory alone\""));
}

TEST_F(RandomWeights, AreNotExported) {
    document(sweep());
    const Ran ran = trimtab({"export", session(), "--trial", "1", "-o", at("out")});
    EXPECT_EQ(ran.status, 3);
    EXPECT_THAT(ran.err, HasSubstr("random weights (seed 7)"));
    EXPECT_FALSE(std::filesystem::exists(at("out")));
    EXPECT_EQ(trimtab({"profile", session(), "--trial", "2", "--seconds", "0.05"}).status, 0) << "but their time can be looked into";
}

}  // namespace
}  // namespace trimtab::testing_cli
