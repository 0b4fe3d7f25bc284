// The shipped samples scored by the real program, held against what their expected.json tells: figures counted without the product.
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/json.h"
#include "tests/app/cli/command_line.h"
#include "tests/app/cli/tiny_study.h"

namespace trimtab::testing_cli {
namespace {

constexpr const char* kScores = "scores";
constexpr const char* kScoresFolded = "scores_with_batch_normalisation_folded_first";

struct Change {
    const char* name;  // in expected.json
    const char* recipe;
};
constexpr Change kChanges[] = {{"fp32", "{}"},
                               {"weights.bits=3", R"({"weights": {"bits": 3}})"},
                               {"prune.ratio=0.5", R"({"prune": {"ratio": 0.5}})"}};

class ShippedSamples : public testing::Test {
protected:
    static std::string folderOf(const std::string& sample) { return TRIMTAB_SOURCE_DIR "/resources/samples/" + sample; }

    double score(const std::string& sample, const std::string& metric, const std::string& recipe) {
        std::ofstream(m_tiny.at("recipe.json")) << recipe;
        const Ran ran = trimtab({"eval", folderOf(sample) + "/" + sample + ".onnx", "--data", folderOf(sample) + "/data", "--metric",
                                 metric, "--recipe", m_tiny.at("recipe.json"), "--batch", "80", "--threads", "1", "--json"});
        EXPECT_EQ(ran.status, 0) << ran.err;
        return ran.status == 0 ? base::Json::parse(ran.out).at("value").get<double>() : -1;
    }

    static double expected(const std::string& sample, const char* table, const std::string& change, const std::string& metric) {
        std::ifstream file(folderOf(sample) + "/expected.json");
        return base::Json::parse(file).at(table).at(change).at(metric).get<double>();
    }

    /// `table` is the one whose pruning knows the layers that the product prunes: it folds batch normalisations first.
    void expectScores(const std::string& sample, const std::string& metric, const char* table, double tolerance) {
        for (const Change& change : kChanges)
            EXPECT_NEAR(score(sample, metric, change.recipe), expected(sample, table, change.name, metric), tolerance)
                << sample << ": " << change.name;
    }

    TinyStudy m_tiny;
};

TEST_F(ShippedSamples, OfSpeechScoreAsTorchCounted) {
    expectScores("speech", "frame_accuracy", kScoresFolded, 5e-4);
    EXPECT_NEAR(score("speech", "f1", "{}"), expected("speech", kScores, "fp32", "f1"), 5e-4);
}

TEST_F(ShippedSamples, OfClicksScoreAsTorchCounted) {
    expectScores("recommender", "auc", kScores, 2e-4);
    EXPECT_NEAR(score("recommender", "ndcg", "{}"), expected("recommender", kScores, "fp32", "ndcg"), 1e-3);
}

TEST_F(ShippedSamples, OfFieldsScoreAsTorchCounted) { expectScores("surrogate", "relative_l2", kScores, 2e-4); }

}  // namespace
}  // namespace trimtab::testing_cli
