// Mixed assignment against a runner whose layers are known: each unit saves time and costs accuracy by itself, and some together cost more than
// the sum of their parts.
#include "core/tune/mixed_search.h"

#include <cmath>
#include <map>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::tune {
namespace {

using testing::HasSubstr;

constexpr int kUnits = 4;

/// int8 × int8 saves `gain` ms of 10 and costs `loss` of the score 1 in each unit.
struct World {
    std::vector<double> gain = {1, 2, 0.5, 2};
    std::vector<double> loss = {0.001, 0.02, 0.001, 0.002};
    double together = 0;  // loss that two treated units or more have on top

    bool treats(const trial::Trial& trial, int unit) const {
        graph::Node node;
        node.name = "layer" + std::to_string(unit);
        const auto settings = recipe::settingsFor(trial.recipe, node);
        return settings && settings->compute == graph::ComputeType::Int8;
    }
    double lossOf(const trial::Trial& trial) const {
        double sum = 0;
        int treated = 0;
        for (int unit = 0; unit < kUnits; ++unit)
            if (treats(trial, unit)) {
                sum += loss[static_cast<std::size_t>(unit)];
                ++treated;
            }
        return sum + (treated > 1 ? together : 0);
    }
    double msOf(const trial::Trial& trial) const {
        double ms = 10;
        for (int unit = 0; unit < kUnits; ++unit)
            if (treats(trial, unit)) ms -= gain[static_cast<std::size_t>(unit)];
        return ms;
    }
};

class WorldRunner final : public TrialRunner {
public:
    explicit WorldRunner(const World& world) : m_world(world) {}
    Result<PlanSummary> plan(const trial::Study&, const trial::Trial& trial, std::stop_token) override {
        PlanSummary plan;
        plan.planKey = recipe::canonical(trial.recipe);
        plan.layers.resize(1);
        return plan;
    }
    Result<trial::Accuracy> measureAccuracy(const trial::Study&, const trial::Trial& trial, const ProgressFn&, std::stop_token) override {
        trial::Accuracy accuracy;
        accuracy.metric = "top1";
        for (int i = 0; i < 100; ++i) accuracy.sampleScores.push_back(1 - m_world.lossOf(trial) + 1e-4 * (i % 2));
        accuracy.value = 1 - m_world.lossOf(trial);
        accuracy.n = 100;
        return accuracy;
    }
    Result<SpeedBlock> measureSpeed(const trial::Study&, const trial::Trial& trial, std::stop_token) override {
        SpeedBlock block;
        const double ms = m_world.msOf(trial);
        block.timings = {{10, 10, 10}, {ms, ms, ms}};
        return block;
    }

private:
    const World& m_world;
};

class MemorySink final : public TrialSink {
public:
    std::vector<trial::TrialResult> kept;
    Result<std::vector<trial::TrialResult>> existing() override { return kept; }
    Status trialStarted(const trial::Trial&) override { return {}; }
    Status trialFinished(trial::TrialResult& result) override {
        result.id = static_cast<std::int64_t>(kept.size()) + 1;
        kept.push_back(result);
        return {};
    }
};

trial::SensitivityTable tableOf(const World& world) {
    trial::SensitivityTable table;
    table.metric = "top1";
    table.baseline = 1;
    table.options = {trial::parseOption("compute=int8").value()};
    for (std::size_t unit = 0; unit < kUnits; ++unit) {
        trial::SensitivityUnit row;
        row.name = "layer" + std::to_string(unit);
        row.nodes = {row.name};
        row.parameters = 100;
        row.weightBytes = 400;
        row.isLast = unit + 1 == kUnits;
        row.medianNs = 2.5e6;
        table.units.push_back(row);
        trial::SensitivityCell cell;
        cell.loss = {world.loss[unit], {world.loss[unit], world.loss[unit]}};
        cell.gainNs = base::Estimate{1e6 * world.gain[unit], {}};
        cell.storedBytes = 100;
        cell.bits = 8;
        table.cells.push_back(cell);
    }
    return table;
}

MixOutcome search(const World& world, const MixGoal& goal) {
    WorldRunner runner(world);
    MemorySink sink;
    trial::Study study;
    study.modelHash = "m";
    study.dataPath = "d";
    study.budget.processes = 3;
    return searchMix(study, tableOf(world), goal, runner, sink, {}, {}).value();
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

TEST(MixedSearch, TakesUnitsOutOfLayersThatHaveAPrecisionOfTheirOwn) {
    const World world;
    auto table = tableOf(world);
    table.options.push_back(trial::parseOption("prune.pattern=neurons,prune.ratio=0.25,compute=int8").value());
    trial::SensitivityUnit group;
    group.name = "neurons of layer0";
    group.nodes = {"layer0"};
    table.units.push_back(group);
    trial::SensitivityCell refused, removal;
    refused.refusal = "not here";
    removal.loss = {0.002, {0.002, 0.002}};
    removal.gainNs = base::Estimate{0.4e6, {}};
    removal.storedBytes = -50;
    const auto cells = std::exchange(table.cells, {});
    for (const auto& cell : cells) table.cells.insert(table.cells.end(), {cell, refused});
    table.cells.insert(table.cells.end(), {refused, removal});
    const auto mix = mixFor(table, MixGoal{}, 0.0065);
    ASSERT_TRUE(mix) << mix.error().text();
    EXPECT_EQ(mix->options.back(), 1U);
    EXPECT_NEAR(mix->gainMs, 3.9, 1e-9) << "layers 0, 2 and 3, and the units";
    EXPECT_NEAR(mix->bytes, 3 * 100 + 400 - 50, 1e-9);
    graph::Node node;
    node.name = "layer0";
    const auto settings = recipe::settingsFor(mix->recipe(table), node);
    ASSERT_TRUE(settings) << settings.error().text();
    EXPECT_EQ(settings->compute, graph::ComputeType::Int8);
    EXPECT_EQ(settings->prune, table.options[1].settings.prune);
    for (const recipe::Rule& rule : mix->recipe(table).rules) EXPECT_NE(rule.settings.prune.has_value(), rule.settings.compute.has_value());
}

TEST(MixedSearch, TakesTheUniformRecipeWhereThatIsBest) {
    World world;
    world.loss = {0.001, 0.001, 0.001, 0.001};
    const auto outcome = search(world, MixGoal{});
    ASSERT_TRUE(outcome.best && outcome.bestUniform);
    EXPECT_EQ(outcome.candidates[*outcome.best].result.trial.recipe.base.compute, graph::ComputeType::Int8);
    EXPECT_DOUBLE_EQ(outcome.overUniform.value, 1);
}

TEST(MixFor, KeepsToBytesAndBits) {
    const World world;
    const auto table = tableOf(world);
    MixGoal goal;
    goal.minimize = MixGoal::Quantity::Loss;
    goal.limited = MixGoal::Quantity::Bytes;
    const auto mix = mixFor(table, goal, 1000).value();  // of 1600: two units must give 300
    EXPECT_LE(mix.bytes, 1000);
    EXPECT_NEAR(mix.loss, 0.002, 1e-12) << "those that lose least";
    goal.limited = MixGoal::Quantity::MeanBits;
    EXPECT_LE(mixFor(table, goal, 16).value().meanBits, 16);
    const auto none = mixFor(table, goal, 4);
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, HasSubstr("cannot be met"));
}

TEST(MixFor, KeepsTheLastLayerWideUnlessTold) {
    const World world;
    auto table = tableOf(world);
    for (auto& cell : table.cells) cell.bits = 4;
    MixGoal goal;
    EXPECT_FALSE(mixFor(table, goal, 1).value().options.back());
    goal.lastLayerToo = true;
    EXPECT_TRUE(mixFor(table, goal, 1).value().options.back());
}

TEST(MixFor, CountsTheLossOfWhatLiesUnderEverythingOnce) {
    const World world;
    auto table = tableOf(world);
    table.options.push_back(trial::parseOption("prune.ratio=0.5").value());
    std::vector<trial::SensitivityCell> cells;
    for (std::size_t unit = 0; unit < kUnits; ++unit) {
        // The last two rows go with the second option alone, as groups of units do.
        trial::SensitivityCell first = table.cells[unit], second = table.cells[unit];
        (unit < 2 ? second : first).refusal = "not for this row";
        cells.insert(cells.end(), {first, second});
    }
    table.cells = cells;
    const Mix mix = mixFor(table, {}, 0.0075, Underneath{0, 0.006}).value();
    EXPECT_EQ(mix.options, (std::vector<std::optional<std::size_t>>{0, 0, 1, std::nullopt}));  // 0.02 of the second row does not count again
    EXPECT_DOUBLE_EQ(mix.loss, 0.006 + 0.001);
    EXPECT_FALSE(mixFor(table, {}, 0.005, Underneath{0, 0.006}));
}

TEST(AllowedLoss, IsTakenInUnitsOfTheScores) {
    trial::SensitivityTable table;
    table.metric = "perplexity";
    table.baseline = 20;
    EXPECT_DOUBLE_EQ(allowedLoss(table, {0.01, true}), std::log(1.01));
    EXPECT_DOUBLE_EQ(allowedLoss(table, {0.2, false}), std::log(20.2 / 20));
    table.metric = "top1";
    table.baseline = 0.8;
    EXPECT_DOUBLE_EQ(allowedLoss(table, {0.01, true}), 0.008);
    EXPECT_DOUBLE_EQ(allowedLoss(table, {0.01, false}), 0.01);
}

}  // namespace
}  // namespace trimtab::tune
