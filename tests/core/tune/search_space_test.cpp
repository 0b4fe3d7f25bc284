#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/tune/search_space.h"

namespace trimtab::tune {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

trial::Study study(const std::vector<std::string>& axes) {
    trial::Study study;
    for (const std::string& axis : axes) study.axes.push_back(*trial::parseAxis(axis));
    return study;
}

std::vector<std::string> labels(const Grid& grid) {
    std::vector<std::string> names;
    for (const trial::Trial& trial : grid.trials) names.push_back(trial.label);
    return names;
}

TEST(SearchSpace, AStudyWithoutAxesKeepsABaselineThatTreats) {
    trial::Study plain = study({});
    plain.baseline.recipe.base.weights.emplace().bits = 8;
    const Grid grid = expandGrid(plain).value();
    ASSERT_EQ(grid.trials.size(), 1U);
    EXPECT_EQ(grid.trials[0].recipe.base.weights->bits, 8);
}

TEST(SearchSpace, TheBaselineStandsFirstAndOnce) {
    const auto grid = expandGrid(study({"weights.bits=8,32"}));
    ASSERT_TRUE(grid);
    EXPECT_THAT(labels(*grid), ElementsAre("as the model is stored", "int8"));
}

TEST(SearchSpace, AStudyWithoutAxesIsItsBaseline) { EXPECT_EQ(expandGrid(study({}))->trials.size(), 1U); }

TEST(SearchSpace, VariantsStandBehindTheRestAndAreVariedInHowTheyRunAlone) {
    trial::Study given = study({"weights.bits=8,4", "run.batch=1,2"});
    given.variants = {{"awq", "/m-awq", "a"}, {"gptq", "/m-gptq", "b"}};
    const auto grid = expandGrid(given);
    ASSERT_TRUE(grid);
    EXPECT_THAT(labels(*grid),
                ElementsAre("as the model is stored", "int8 · batch 1", "int8 · batch 2", "int4 · batch 1", "int4 · batch 2", "awq · batch 1",
                            "awq · batch 2", "gptq · batch 1", "gptq · batch 2"));
    EXPECT_TRUE(grid->trials.back().recipe.isIdentity());
    EXPECT_EQ(grid->trials.back().variant, "gptq");
    given.axes.clear();
    EXPECT_THAT(labels(*expandGrid(given)), ElementsAre("as the model is stored", "awq", "gptq"));
    given.variants[1].name = "awq";
    const auto twice = expandGrid(given);
    ASSERT_FALSE(twice);
    EXPECT_THAT(twice.error().text(), HasSubstr("two are called \"awq\""));
}

TEST(SearchSpace, TheFirstAxisIsTheSlowest) {
    const auto grid = expandGrid(study({"prune.ratio=0,0.5", "weights.bits=8,4"}));
    ASSERT_TRUE(grid);
    EXPECT_THAT(labels(*grid), ElementsAre("as the model is stored", "int8", "int4", "int8 · prune 50 %", "int4 · prune 50 %"));
}

TEST(SearchSpace, IntegerProductsBringEightBitActivationsAndWeights) {
    const auto grid = expandGrid(study({"compute=fp32,int8"}));
    ASSERT_TRUE(grid);
    ASSERT_EQ(grid->trials.size(), 2U);
    const auto& settings = grid->trials[1].recipe.base;
    EXPECT_EQ(settings.weights->bits, 8);
    EXPECT_EQ(settings.activations->bits, 8);
}

TEST(SearchSpace, WhatIntegerProductsBringCanBeSettledByOtherAxes) {
    const auto grid = expandGrid(study({"activations.mode=dynamic,static", "weights.method=rtn,smoothquant", "compute=fp32,int8"}));
    ASSERT_TRUE(grid);
    for (const auto& point : grid->skipped) EXPECT_THAT(point.reason, HasSubstr("comes to the same as the baseline")) << point.point;
    EXPECT_THAT(labels(*grid), ElementsAre("as the model is stored", "int8 × int8", "int8 × int8 smoothquant", "int8 × int8 static minmax",
                                           "int8 × int8 smoothquant static minmax"));
}

TEST(SearchSpace, TheCachesGranularityMeansNothingWithoutItsBits) {
    const auto grid = expandGrid(study({"kv_cache.granularity=head,channel", "kv_cache.bits=32,8"}));
    ASSERT_TRUE(grid);
    EXPECT_THAT(labels(*grid), ElementsAre("as the model is stored", "kv8", "kv8 per channel"));
}

TEST(SearchSpace, CombinationsWithoutMeaningAreLeftOutWithTheirReason) {
    const auto grid = expandGrid(study({"weights.bits=32,8,4", "compute=fp32,int8"}));
    ASSERT_TRUE(grid);
    EXPECT_THAT(labels(*grid), ElementsAre("as the model is stored", "int8", "int8 × int8", "int4"));
    const auto left = std::ranges::find(grid->skipped, "weights.bits=4 compute=int8", &SkippedPoint::point);
    ASSERT_NE(left, grid->skipped.end());
    EXPECT_THAT(left->reason, HasSubstr("weights.bits must be 8"));
}

TEST(SearchSpace, APointThatComesToTheSameAsAnotherNamesIt) {
    const auto grid = expandGrid(study({"prune.ratio=0,0.5", "prune.method=magnitude,random", "weights.bits=32,4"}));
    ASSERT_TRUE(grid);
    std::map<std::string, std::string> reasons;
    for (const auto& point : grid->skipped) reasons[point.point] = point.reason;
    EXPECT_EQ(grid->trials.size() + grid->skipped.size(), 1U + 8U) << "a point is neither run nor told of";
    EXPECT_EQ(reasons["prune.ratio=0 prune.method=magnitude weights.bits=32"], "comes to the same as the baseline");
    EXPECT_EQ(reasons["prune.ratio=0 prune.method=random weights.bits=4"],
              "comes to the same as prune.ratio=0 prune.method=magnitude weights.bits=4");
}

TEST(SearchSpace, WhatComesToTheSameRecipeIsOneTrial) {
    const auto grid = expandGrid(study({"weights.bits=32,4", "weights.group=0,32", "prune.ratio=0", "prune.scope=layer,global"}));
    ASSERT_TRUE(grid);
    EXPECT_THAT(labels(*grid), ElementsAre("as the model is stored", "int4", "int4 g32"));
}

TEST(SearchSpace, SixteenBitsTakeTheFormatOfTheProducts) {
    const auto grid = expandGrid(study({"weights.bits=16", "compute=fp32,bf16,fp16"}));
    ASSERT_TRUE(grid);
    ASSERT_EQ(grid->trials.size(), 4U);
    EXPECT_EQ(grid->trials[1].recipe.base.weights->format, "bf16");
    EXPECT_EQ(grid->trials[2].recipe.base.weights->format, "bf16");
    EXPECT_EQ(grid->trials[3].recipe.base.weights->format, "fp16");
}

TEST(SearchSpace, RunAxesChangeTheSettingAndTheLabel) {
    const auto grid = expandGrid(study({"run.batch=1,16"}));
    ASSERT_TRUE(grid);
    EXPECT_EQ(grid->trials.back().setting.batch, 16);
    EXPECT_THAT(grid->trials.back().label, HasSubstr("batch 16"));
}

TEST(SearchSpace, TokensAreGeneratedBehindAPrompt) {
    const auto grid = expandGrid(study({"run.prompt=0,64", "run.generate=0,8"}));
    ASSERT_TRUE(grid);
    EXPECT_THAT(labels(*grid), ElementsAre("as the model is stored", "as is · prompt 64 · generate 0",
                                           "as is · prompt 64 · generate 8"));
    ASSERT_EQ(grid->skipped.size(), 2U);
    EXPECT_THAT(grid->skipped[1].reason, HasSubstr("run.prompt"));
}

TEST(SearchSpace, RefusesMoreConfigurationsThanAnyoneWaitsFor) {
    std::vector<std::string> axes;
    for (const char* path : {"prune.ratio", "weights.group", "run.batch"}) {
        std::string text = std::string(path) + (std::string(path) == "prune.ratio" ? "=0:0.99:0.01" : "=1:100:1");
        axes.push_back(text);
    }
    EXPECT_EQ(expandGrid(study(axes)).error().code, ErrorCode::Refused);
}

}  // namespace
}  // namespace trimtab::tune
