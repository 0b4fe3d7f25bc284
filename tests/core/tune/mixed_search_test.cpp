// Mixed assignment against a runner whose layers are known.
#include "core/tune/mixed_search.h"

#include <map>
#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/tune/mix_world.h"

namespace trimtab::tune {
namespace {

using testing::HasSubstr;

MixOutcome search(const World& world, const MixGoal& goal, const trial::SensitivityTable& table, MemorySink& sink) {
    WorldRunner runner(world);
    trial::Study study;
    study.modelHash = "m";
    study.dataPath = "d";
    study.budget.processes = 3;
    return searchMix(study, table, goal, runner, sink, {}, {}).value();
}
MixOutcome search(const World& world, const MixGoal& goal, const trial::SensitivityTable& table) {
    MemorySink sink;
    return search(world, goal, table, sink);
}
MixOutcome search(const World& world, const MixGoal& goal) { return search(world, goal, tableOf(world)); }

MixGoal leastLossWithin(MixGoal::Quantity limited, double limit) {
    MixGoal goal;
    goal.minimize = MixGoal::Quantity::Loss;
    goal.limited = limited;
    goal.limit = limit;
    return goal;
}

const MixCandidate& uniformOf(const MixOutcome& outcome) {
    return *std::ranges::find_if(outcome.candidates, [](const auto& candidate) { return !candidate.result.isBaseline && !candidate.mix; });
}

TEST(MixedSearch, LeavesOutTheOneLayerThatCostsTooMuch) {
    const World world;
    const auto outcome = search(world, MixGoal{});
    ASSERT_TRUE(outcome.best && outcome.bestUniform);
    const auto& best = outcome.candidates[*outcome.best];
    ASSERT_TRUE(best.mix);
    EXPECT_TRUE(best.mix->options[0] && best.mix->options[2] && best.mix->options[3]);
    EXPECT_FALSE(best.mix->options[1]);
    EXPECT_EQ(best.verdict, Verdict::Inside);
    EXPECT_TRUE(outcome.candidates[*outcome.bestUniform].result.isBaseline) << "int8 everywhere loses 2.4 %";
    EXPECT_NEAR(outcome.overUniform.value, 10 / 6.5, 1e-9);
}

TEST(MixedSearch, RepairsWhatTheSumOfPartsDidNotSee) {
    World world;
    world.loss = {0.001, 0.004, 0.001, 0.002};
    world.together = 0.0055;
    const auto outcome = search(world, MixGoal{});
    const auto& first = *std::ranges::find_if(outcome.candidates, [](const auto& candidate) { return candidate.mix.has_value(); });
    EXPECT_EQ(first.verdict, Verdict::Outside) << "the parts alone sum up to 0.008";
    ASSERT_TRUE(outcome.best);
    const auto& best = outcome.candidates[*outcome.best];
    EXPECT_EQ(best.verdict, Verdict::Inside);
    ASSERT_TRUE(best.mix);
    EXPECT_NEAR(world.msOf(best.result.trial), 6.5, 1e-9) << "layers 0, 2 and 3: 3.5 ms for 0.0095";
}

TEST(MixedSearch, TakesTheUniformRecipeWhereThatIsBest) {
    World world;
    world.loss = {0.001, 0.001, 0.001, 0.001};
    const auto outcome = search(world, MixGoal{});
    ASSERT_TRUE(outcome.best && outcome.bestUniform);
    EXPECT_EQ(outcome.candidates[*outcome.best].result.trial.recipe.base.compute, graph::ComputeType::Int8);
    EXPECT_DOUBLE_EQ(outcome.overUniform.value, 1);
}

TEST(MixedSearch, TakesAModelWhoseScoresAreNoNumbersForBroken) {
    World world;
    world.loss = {0.001, 0.004, 0.001, 0.002};
    world.broken = 1;  // which the samples of the table did not show
    for (const auto limited : {MixGoal::Quantity::Loss, MixGoal::Quantity::Bytes}) {
        MixGoal goal;
        goal.limited = limited;
        goal.limit = 1300;
        const auto outcome = search(world, goal);
        EXPECT_EQ(uniformOf(outcome).verdict, Verdict::Outside) << "it saves the most and loses everything";
        for (const auto& candidate : outcome.candidates) {
            if (world.treats(candidate.result.trial, 1)) { EXPECT_EQ(candidate.verdict, Verdict::Outside); }
        }
    }
    const auto outcome = search(world, MixGoal{});
    ASSERT_TRUE(outcome.best);
    EXPECT_NEAR(world.msOf(outcome.candidates[*outcome.best].result.trial), 6.5, 1e-9) << "the rounds go on without layer 1";
}

TEST(MixedSearch, NeverPrefersABrokenModelWhereLossIsMinimised) {
    World world;
    world.broken = 1;
    const auto outcome = search(world, leastLossWithin(MixGoal::Quantity::MeanBits, 8));
    EXPECT_FALSE(outcome.best) << "whatever keeps to 8 bits treats layer 1";
}

TEST(MixedSearch, JudgesUniformRecipesByTheirBitsAndBytesToo) {
    const World world;
    for (const auto& [limited, limit] : {std::pair{MixGoal::Quantity::MeanBits, 8.0}, std::pair{MixGoal::Quantity::Bytes, 400.0}}) {
        const auto outcome = search(world, leastLossWithin(limited, limit));
        EXPECT_EQ(outcome.candidates[0].verdict, Verdict::Outside) << "the baseline has 32 bits and 1600 bytes";
        EXPECT_EQ(uniformOf(outcome).verdict, Verdict::Inside);
        ASSERT_TRUE(outcome.bestUniform);
        EXPECT_FALSE(outcome.candidates[*outcome.bestUniform].result.isBaseline);
    }
    const auto wide = search(world, leastLossWithin(MixGoal::Quantity::MeanBits, 32));
    ASSERT_TRUE(wide.bestUniform);
    EXPECT_TRUE(wide.candidates[*wide.bestUniform].result.isBaseline);
}

TEST(MixedSearch, MixesUnderALimitOfBytesAtTheLeastLoss) {
    const auto outcome = search(World{}, leastLossWithin(MixGoal::Quantity::Bytes, 1000));
    ASSERT_TRUE(outcome.best);
    const auto& best = outcome.candidates[*outcome.best];
    ASSERT_TRUE(best.mix);
    EXPECT_EQ(best.verdict, Verdict::Inside);
    EXPECT_EQ(best.mix->options, (std::vector<std::optional<std::size_t>>{0, std::nullopt, 0, std::nullopt}));
}

TEST(MixedSearch, ClosesInOnALatencyOfWhichRowsCoverOnlyAPart) {
    World world;
    world.elsewhere = 5;
    const auto outcome = search(world, leastLossWithin(MixGoal::Quantity::Latency, 11.01));
    const auto first = std::ranges::find_if(outcome.candidates, [](const auto& candidate) { return candidate.mix.has_value(); });
    ASSERT_NE(first, outcome.candidates.end());
    EXPECT_EQ(first->verdict, Verdict::Outside) << "the sum of rows promised it";
    ASSERT_TRUE(outcome.best);
    const auto& best = outcome.candidates[*outcome.best];
    ASSERT_TRUE(best.mix);
    EXPECT_EQ(best.verdict, Verdict::Inside);
    EXPECT_NEAR(world.msOf(best.result.trial), 11, 1e-9) << "layers 1 and 3";
}

TEST(MixedSearch, ReachesALatencyThatTheSumOfRowsCannot) {
    const World world;
    auto table = tableOf(world);
    for (auto& unit : table.units) unit.medianNs = 10e6;  // alone each stretch takes far longer than in the whole
    const auto outcome = search(world, leastLossWithin(MixGoal::Quantity::Latency, 6.01), table);
    EXPECT_EQ(uniformOf(outcome).verdict, Verdict::Inside);
    ASSERT_TRUE(outcome.best);
    EXPECT_NEAR(world.msOf(outcome.candidates[*outcome.best].result.trial), 6, 1e-9) << "layers 1 and 3";
}

TEST(MixedSearch, KeepsWhatWasMeasuredWhereNoMixMeetsTheLimit) {
    const World world;
    auto table = tableOf(world);
    table.options.push_back(trial::parseOption("weights.bits=4").value());
    std::vector<trial::SensitivityCell> cells;
    for (const auto& cell : table.cells) {
        trial::SensitivityCell narrow = cell;
        narrow.bits = 4;
        cells.insert(cells.end(), {cell, narrow});
    }
    table.cells = cells;
    const auto outcome = search(world, leastLossWithin(MixGoal::Quantity::MeanBits, 4), table);
    EXPECT_THAT(outcome.noMix, HasSubstr("cannot be met")) << "the last layer of a mix has 8 bits";
    ASSERT_TRUE(outcome.bestUniform);
    EXPECT_EQ(outcome.candidates[*outcome.bestUniform].result.trial.recipe.base, table.options[1].settings);
    EXPECT_EQ(outcome.best, outcome.bestUniform);
    EXPECT_EQ(search(world, leastLossWithin(MixGoal::Quantity::MeanBits, 8), table).noMix, "");
}

TEST(MixedSearch, TakesARelativeLimitFromTheMeasuredBaseline) {
    World world;
    world.loss = {0.002, 0.002, 0.002, 0.002};
    auto table = tableOf(world);
    table.baseline = 0.5;  // of a few samples
    const auto outcome = search(world, MixGoal{}, table);
    EXPECT_EQ(uniformOf(outcome).verdict, Verdict::Inside) << "1 % of 1 is 0.01, and it loses 0.008";
    table.baseline = 2;
    world.loss = {0.003, 0.003, 0.003, 0.003};
    EXPECT_EQ(uniformOf(search(world, MixGoal{}, table)).verdict, Verdict::Outside);
}

TEST(MixedSearch, GivesEveryMixOfAStudyANameOfItsOwn) {
    const World world;
    MemorySink sink;
    MixGoal goal;
    for (const double drop : {0.01, 0.003, 0.0015}) {
        goal.maxDrop.value = drop;
        search(world, goal, tableOf(world), sink);
    }
    std::map<std::string, std::set<std::string>> recipes;  // by label
    for (const auto& result : sink.kept) recipes[result.trial.label].insert(recipe::canonical(result.trial.recipe));
    EXPECT_GE(recipes.size(), 4U) << "baseline, int8 and two mixes at least";
    for (const auto& [label, one] : recipes) EXPECT_EQ(one.size(), 1U) << label;
}

}  // namespace
}  // namespace trimtab::tune
