// Other files of a model in its study: measured as they are, held against the model, taken out again.
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/store/session.h"
#include "tests/app/cli/command_line.h"
#include "tests/app/cli/tiny_study.h"
#include "tests/support/model_builder.h"

namespace trimtab::testing_cli {
namespace {

using testing::HasSubstr;

class Variants : public testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(compress(R"({"weights": {"bits": 8}})", "coarse.onnx").status, 0); }
    Ran compress(const std::string& recipe, const std::string& name) {
        return trimtab({"compress", m_tiny.model(), "--recipe", m_tiny.write("r.json", recipe), "-o", m_tiny.at(name)});
    }
    Ran sweep(const std::vector<std::string>& more) {
        std::vector<std::string> words{"sweep", m_tiny.model(), "--session", session(), "--seconds", "0.01", "--processes", "2", "--json"};
        words.insert(words.end(), more.begin(), more.end());
        return trimtab(words);
    }
    static Json document(const Ran& ran) {
        EXPECT_EQ(ran.status, 0) << ran.err;
        return base::parseJson(ran.out, "output").value_or(Json());
    }
    static const Json* row(const Json& answer, const std::string& label) {
        for (const Json& row : answer["pareto"])
            if (row["label"] == label) return &row;
        return nullptr;
    }
    std::string session() const { return m_tiny.at("s.trimtab"); }
    TinyStudy m_tiny;
};

TEST_F(Variants, AreMeasuredAsTheyAreBesideTheModelAndWhatIsMadeOfIt) {
    const Json answer = document(sweep({"--data", m_tiny.data(), "--axis", "weights.bits=32,8", "--variant", m_tiny.at("coarse.onnx")}));
    ASSERT_EQ(answer["pareto"].size(), 3u) << answer.dump(1);
    const Json* coarse = row(answer, "coarse");
    const Json* own = row(answer, "int8");
    ASSERT_TRUE(coarse && own);
    EXPECT_EQ((*coarse)["variant"], "coarse");
    EXPECT_EQ((*coarse)["execution"], "native");
    EXPECT_EQ((*coarse)["accuracy"]["value"], (*own)["accuracy"]["value"]) << "the same weights, by another way";
    EXPECT_EQ((*coarse)["size_bytes"], (*own)["size_bytes"]);
    EXPECT_FALSE((*coarse)["speedup"].is_null());
}

TEST_F(Variants, MakeNobodyStale) {
    const std::vector<std::string> words{"--data",    m_tiny.data(),        "--variant", "a=" + m_tiny.at("coarse.onnx"),
                                         "--variant", "b=" + m_tiny.model()};
    document(sweep(words));
    for (const bool again : {false, true}) {  // measured, then taken over
        const Json answer = document(sweep(words));
        EXPECT_EQ(answer["reused"], 3);
        EXPECT_EQ(answer["pareto"].size(), 3u) << again;
        for (const Json& row : answer["pareto"]) {
            EXPECT_EQ(row["stale"], false) << row.dump(1);
            EXPECT_EQ(row["left_out_because"].get<std::string>().find("stale"), std::string::npos);
        }
    }
    std::filesystem::copy_file(session(), m_tiny.at("old.trimtab"));
    const Json compared = document(trimtab({"compare", m_tiny.at("old.trimtab"), session(), "--json"}));
    ASSERT_EQ(compared["trials"].size(), 3u) << compared.dump(1);
    for (const Json& pair : compared["trials"]) EXPECT_EQ(pair["old_trial"], pair["new_trial"]) << "each against itself";
}

TEST_F(Variants, AreHeldAgainstTheModelByFidelityToo) {
    ASSERT_EQ(compress(R"({"weights": {"bits": 8}, "prune": {"ratio": 0.5}})", "thin.onnx").status, 0);
    const Json answer = document(sweep({"--metric", "sqnr_db", "--variant", "thin.onnx=" + m_tiny.at("thin.onnx"), "--variant",
                                        "same=" + m_tiny.model(), "--symbol", "batch=4"}));
    ASSERT_EQ(answer["pareto"].size(), 3u) << answer.dump(1);
    const Json* thin = row(answer, "thin.onnx");
    const Json* same = row(answer, "same");
    ASSERT_TRUE(thin && same);
    EXPECT_LT((*thin)["accuracy"]["value"].get<double>(), 25) << "against the model, not against itself";
    EXPECT_GT((*same)["accuracy"]["value"].get<double>(), 100);
}

TEST_F(Variants, AreVariedInHowTheyRunAlone) {
    const Json answer = document(sweep({"--data", m_tiny.data(), "--axis", "weights.bits=8,4", "--axis", "run.batch=1,4", "--variant",
                                        "elsewhere=" + m_tiny.at("coarse.onnx")}));
    EXPECT_TRUE(row(answer, "elsewhere · batch 1"));
    EXPECT_TRUE(row(answer, "elsewhere · batch 4"));
    EXPECT_EQ(answer["pareto"].size(), 1u + 2 * 2 + 2);
}

TEST_F(Variants, AreReportedAndExportedAsTheFileThatTheyAre) {
    const Json answer = document(sweep({"--data", m_tiny.data(), "--variant", m_tiny.at("coarse.onnx")}));
    const Json* coarse = row(answer, "coarse");
    ASSERT_TRUE(coarse);
    ASSERT_EQ(trimtab({"report", session(), "-o", m_tiny.at("report.md")}).status, 0);
    const std::string report = base::readFile(m_tiny.at("report.md"), 1 << 20).value();
    EXPECT_THAT(report, HasSubstr("Variant coarse"));
    EXPECT_THAT(report, HasSubstr("--variant 'coarse=" + m_tiny.at("coarse.onnx") + "'"));
    const std::string trial = std::to_string((*coarse)["trial"].get<int>());
    const Ran exported = trimtab({"export", session(), "--trial", trial, "-o", m_tiny.at("out")});
    ASSERT_EQ(exported.status, 0) << exported.err;
    const Json info = document(trimtab({"info", m_tiny.at("out/model.onnx"), "--json"}));
    const Json original = document(trimtab({"info", m_tiny.at("coarse.onnx"), "--json"}));
    EXPECT_EQ(info["operators"], original["operators"]) << "its weights are still codes";
    EXPECT_THAT(base::readFile(m_tiny.at("out/README.md"), 1 << 20).value(), HasSubstr("coarse.onnx"));
}

TEST_F(Variants, ThatChangedAreNotTakenForThoseThatWereMeasured) {
    document(sweep({"--data", m_tiny.data(), "--variant", m_tiny.at("coarse.onnx")}));
    EXPECT_EQ(document(trimtab({"sweep", "--resume", "--session", session(), "--json"}))["reused"], 2);
    ASSERT_EQ(compress(R"({"weights": {"bits": 4}})", "coarse.onnx").status, 0);
    const Ran resumed = trimtab({"sweep", "--resume", "--session", session()});
    EXPECT_EQ(resumed.status, 3) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr("a variant changed"));
    const Json again = document(sweep({"--data", m_tiny.data(), "--variant", m_tiny.at("coarse.onnx")}));
    EXPECT_EQ(again["reused"], 0) << "another study";
}

TEST_F(Variants, AreRefusedByName) {
    const Ran missing = sweep({"--variant", m_tiny.at("nosuch.onnx")});
    EXPECT_NE(missing.status, 0);
    EXPECT_THAT(missing.err, testing::AllOf(HasSubstr("variant"), HasSubstr("nosuch.onnx")));
    const Ran twice = sweep({"--variant", "a=" + m_tiny.at("coarse.onnx"), "--variant", "a=" + m_tiny.model()});
    EXPECT_EQ(twice.status, 2);
    EXPECT_THAT(twice.err, testing::AllOf(HasSubstr("--variant"), HasSubstr("two are called \"a\"")));
    EXPECT_EQ(sweep({"--variant", "a="}).status, 2);
    EXPECT_EQ(sweep({}).status, 2) << "neither an axis nor a variant";
    support::ModelBuilder()
        .input("y", DataType::Float32, {"batch", 8})
        .node("Relu", {"y"}, {"z"})
        .output("z", DataType::Float32, {"batch", 8})
        .save(m_tiny.at("other.onnx"));
    const Ran stranger = sweep({"--variant", m_tiny.at("other.onnx")});
    EXPECT_EQ(stranger.status, 3);
    EXPECT_THAT(stranger.err, testing::AllOf(HasSubstr("variant \"other\""), HasSubstr("its input y is none of the model's")));
    EXPECT_FALSE(std::filesystem::exists(session())) << "nothing was begun";
}

}  // namespace
}  // namespace trimtab::testing_cli
