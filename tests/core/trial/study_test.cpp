#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/trial/axis.h"
#include "core/trial/calibration_note.h"
#include "core/trial/study.h"

namespace trimtab::trial {
namespace {

using testing::HasSubstr;

std::string values(const char* text) {
    const auto axis = parseAxis(text);
    return axis ? base::dumpJson(Json(axis->values)) : "refused: " + axis.error().text();
}

TEST(Axis, ListsKeepTheirOrderAndTypes) {
    EXPECT_EQ(values("weights.bits=4,8,16"), "[4,8,16]");
    EXPECT_EQ(values("compute=fp32, bf16 ,int8"), R"(["fp32","bf16","int8"])");
    EXPECT_EQ(values("prune.ratio=0.5,0"), "[0.5,0]");
    EXPECT_EQ(parseAxis("run.batch=1")->path, "run.batch");
    EXPECT_EQ(values("prune.pattern=2:4"), R"(["2:4"])") << "a pattern is no range";
}

TEST(Axis, RangesIncludeBothEndsInTheDecimalsThatAreWritten) {
    EXPECT_EQ(values("prune.ratio=0:0.9:0.1"), "[0.0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9]");
    EXPECT_EQ(values("prune.ratio=0:0.95:0.25"), "[0.0,0.25,0.5,0.75,0.95]") << "the end is no multiple of the step, yet it was asked for";
    EXPECT_EQ(values("weights.bits=2:8:2"), "[2,4,6,8]");
    EXPECT_EQ(values("run.batch=8:1:-7"), "[8,1]");
    EXPECT_EQ(values("run.batch=3:3:1"), "[3]");
}

TEST(Axis, EveryStepOfARangeIsTheDecimalItStandsFor) {
    const auto axis = parseAxis("prune.ratio=0:0.999:0.001");
    ASSERT_TRUE(axis) << axis.error().text();
    ASSERT_EQ(axis->values.size(), 1000U);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(axis->values[static_cast<std::size_t>(i)].get<double>(), i / 1000.0);
}

TEST(Axis, RefusalsSayWhatIsWrong) {
    const std::pair<const char*, const char*> cases[] = {
        {"weights.bits", "no axis"},           {"=4", "no axis"},
        {"weights.bits=", "empty"},            {"weights.bits=4,,8", "empty"},
        {"weights.bits=4,9", "weights.bits"},  {"weight.bits=4", "weight.bits"},
        {"prune.ratio=0:0.9", "first:last:step"}, {"prune.ratio=0:0.9:0", "never"},
        {"prune.ratio=0:0.9:-0.1", "never"},   {"run.batch=1:100000:1", "1000"},
        {"prune.ratio=0:x:0.1", "range"},      {"prune.ratio=0:1:0.5", "prune.ratio"},
        {"prune.ratio=0:0.9:1e-3", "range"},   {"prune.ratio=nan", "prune.ratio"},
        {"run.speed=1", "run.speed"}};
    for (const auto& [text, word] : cases) {
        const auto axis = parseAxis(text);
        ASSERT_FALSE(axis) << text;
        EXPECT_THAT(axis.error().text(), HasSubstr(word)) << text;
    }
}

TEST(Axis, StandsOnceForEachPath) {
    std::vector<Axis> axes{*parseAxis("weights.bits=4"), *parseAxis("weights.group=32,64")};
    EXPECT_TRUE(checkDistinct(axes));
    axes.push_back(*parseAxis("weights.bits=8"));
    ASSERT_FALSE(checkDistinct(axes));
    EXPECT_THAT(checkDistinct(axes).error().text(), HasSubstr("weights.bits is given twice"));
}

TEST(Limit, IsRelativeOrInPoints) {
    EXPECT_DOUBLE_EQ(parseLimit("1%")->value, 0.01);
    EXPECT_TRUE(parseLimit("1%")->relative);
    EXPECT_DOUBLE_EQ(parseLimit(" 0.5 pt")->value, 0.005);
    EXPECT_FALSE(parseLimit("0.5pt")->relative);
    for (const char* text : {"", "1", "%", "-1%", "one%", "1 %%", "1pts", "inf%"}) {
        ASSERT_FALSE(parseLimit(text)) << text;
        EXPECT_EQ(parseLimit(text).error().code, ErrorCode::Usage);
    }
}

TEST(Study, ReadsBackAsItWasWritten) {
    Study study;
    study.id = 3;
    study.name = "first";
    study.modelPath = "m.onnx";
    study.modelHash = "abc";
    study.modelName = "m";
    study.dataPath = "d";
    study.dataHash = "def";
    study.metric = "top1";
    study.baseline.recipe = *recipe::parse(R"({"compute": "bf16"})");
    study.baselineName = "bf16";
    study.setting.batch = 16;
    study.axes = {*parseAxis("weights.bits=4,8"), *parseAxis("compute=fp32,int8")};
    study.budget = {1.5, 7, 100, 4, 9};
    study.variants = {{"awq", "/models/m-awq", "fed"}};
    study.seed = 18446744073709551615ULL;
    study.question = "why?";
    study.createdAt = "2026-01-01T00:00:00Z";
    const auto again = studyFromJson(*base::parseJson(base::dumpJson(toJson(study)), "study"));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(toJson(*again), toJson(study));
    EXPECT_EQ(again->seed, study.seed);
    EXPECT_EQ(again->axes.size(), 2U);
    EXPECT_EQ(again->baseline.recipe, study.baseline.recipe);
    EXPECT_EQ(again->budget.processes, 7);
    EXPECT_EQ(again->variants, study.variants);
}

TEST(Study, WithoutVariantsIsTheDocumentThatItWasBeforeThereWereAny) {
    EXPECT_FALSE(toJson(Study{}).contains("variants"));
    EXPECT_FALSE(toJson(Study{})["baseline"].contains("variant"));
}

TEST(Study, VariantsHaveNamesOfTheirOwnThatALineCanHold) {
    EXPECT_TRUE(checkVariants({{"a", "/a", ""}, {"b", "/a", ""}}));
    const std::pair<std::vector<Variant>, const char*> cases[] = {{{{"a", "/a", ""}, {"a", "/b", ""}}, "two are called \"a\""},
                                                                  {{{"", "/a", ""}}, "no name"},
                                                                  {{{"a=b", "/a", ""}}, "\"=\""},
                                                                  {{{"a\nb", "/a", ""}}, "control"},
                                                                  {std::vector<Variant>(101), "at most 100"}};
    for (const auto& [variants, word] : cases) {
        const Status checked = checkVariants(variants);
        ASSERT_FALSE(checked) << word;
        EXPECT_THAT(checked.error().text(), testing::AllOf(HasSubstr("variants"), HasSubstr(word)));
    }
}

TEST(Study, RunsTheVariantThatATrialNames) {
    Study study;
    study.modelPath = "m.onnx";
    study.variants = {{"awq", "/models/m-awq", "fed"}};
    Trial trial;
    EXPECT_EQ(fileOf(study, trial)->path, "m.onnx");
    trial.variant = "awq";
    EXPECT_EQ(fileOf(study, trial)->path, "/models/m-awq");
    EXPECT_EQ(fileOf(study, trial)->hash, "fed");
    EXPECT_EQ(trialFromJson(toJson(trial))->variant, "awq");
    EXPECT_NE(identityOf(trial), identityOf(Trial{}));
    trial.variant = "gptq";
    EXPECT_EQ(fileOf(study, trial).error().code, ErrorCode::NotFound) << "a session names one that it does not have";
}

TEST(Study, AHandWrittenDocumentNeedsLittle) {
    const auto study = studyFromJson(
        *base::parseJson(R"({"model": "m.onnx", "axes": ["weights.bits=4,8", {"path": "prune.ratio", "values": [0, 0.5]}]})", "study"));
    ASSERT_TRUE(study) << study.error().text();
    EXPECT_EQ(study->axes.size(), 2U);
    EXPECT_EQ(study->budget.processes, Budget{}.processes);
    EXPECT_TRUE(study->baseline.recipe.isIdentity());
}

TEST(Study, RefusalsNameTheirField) {
    const std::pair<const char*, const char*> cases[] = {
        {R"({"modle": "x"})", "modle"},
        {R"({"model": 1})", "model"},
        {R"({"axes": "weights.bits=4"})", "axes"},
        {R"({"axes": [4]})", "axes[0]"},
        {R"({"axes": [{"path": "weights.bits"}]})", "axes[0].values"},
        {R"({"axes": [{"path": "weights.bits", "values": []}]})", "weights.bits"},
        {R"({"axes": [{"path": "weights.bits", "values": [64]}]})", "weights.bits"},
        {R"({"budget": {"processes": 0}})", "budget.processes"},
        {R"({"budget": {"speed_seconds": 0}})", "budget.speed_seconds"},
        {R"({"budget": {"time": 1}})", "budget.time"},
        {R"({"run": {"batch": -1}})", "run.batch"},
        {R"({"baseline": {"weights": {"bits": 8}}})", "baseline.weights"},
        {R"({"baseline": {"recipe": {"weights": {"bits": 99}}}})", "weights.bits"},
        {R"({"variants": "a.onnx"})", "variants"},
        {R"({"variants": [{"name": "a"}]})", "variants[0].model"},
        {R"({"variants": [{"model": "a.onnx", "recipe": {}}]})", "variants[0].recipe"},
        {R"({"seed": -1})", "seed"},
        {R"({"random_weights": -1})", "random_weights"},
        {R"({"random_weights": 1, "data": "d"})", "data: "},
        {R"({"random_weights": 1, "metric": "sqnr_db"})", "metric: "},
        {R"({"random_weights": 1, "calibration": {"data": "d"}})", "calibration.data: "},
        {R"({"random_weights": 1, "variants": [{"model": "a.onnx"}]})", "variants: "}};
    for (const auto& [text, field] : cases) {
        const auto study = studyFromJson(*base::parseJson(text, "study"));
        ASSERT_FALSE(study) << text;
        EXPECT_EQ(study.error().code, ErrorCode::Refused);
        EXPECT_THAT(study.error().text(), HasSubstr(field)) << text;
    }
}

TEST(Study, SaysWhereItsWeightsAreRandomAndNothingWhereTheyAreTheModelsOwn) {
    Study study;
    EXPECT_FALSE(toJson(study).contains("random_weights")) << "studies of before keep their identity";
    EXPECT_EQ(randomWeightsNote(study), "");
    study.randomWeights = 7;
    const auto back = studyFromJson(toJson(study));
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(back->randomWeights, 7U);
    EXPECT_EQ(fileOf(*back, Trial{})->randomWeights, 7U);
    EXPECT_EQ(randomWeightsNote(*back), "random weights (seed 7): speed and memory alone");
}

TEST(Study, TheBaselineRunsUnderTheStudysSettingUnlessItHasItsOwn) {
    Study study;
    study.setting.batch = 16;
    EXPECT_EQ(baselineOf(study).setting.batch, 16);
    EXPECT_EQ(baselineOf(study).label, "as the model is stored");
    study.baseline.setting.batch = 2;
    study.baseline.label = "two";
    EXPECT_EQ(baselineOf(study).setting.batch, 2);
    EXPECT_EQ(baselineOf(study).label, "two");
}

TEST(CalibrationNote, SaysWhatAScoreLeansOn) {
    const auto recipe = *recipe::parse(R"({"weights": {"bits": 4, "method": "gptq"}})");
    Study study;
    EXPECT_EQ(calibrationNote(study, recipe), "calibrated on inputs drawn from the seed");
    study.dataPath = "/data/test";
    EXPECT_EQ(calibrationNote(study, recipe), "calibrated on the evaluation data itself") << "a study's own data unless it names others";
    study.calibration.path = "/data/train/";
    EXPECT_EQ(calibrationNote(study, recipe), "calibrated on train");
    study.dataHash = study.calibration.hash = "abc";
    EXPECT_EQ(calibrationNote(study, recipe), "calibrated on the evaluation data itself") << "a copy under another name";
    EXPECT_EQ(calibrationNote(study, {}), "");
}

}  // namespace
}  // namespace trimtab::trial
