// From a table to a mix: the integer program under each limit, and the sums over rows.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/tune/mix_world.h"

namespace trimtab::tune {
namespace {

using testing::HasSubstr;
using Quantity = MixGoal::Quantity;

MixGoal leastLossWithin(Quantity limited) {
    MixGoal goal;
    goal.minimize = Quantity::Loss;
    goal.limited = limited;
    return goal;
}

trial::SensitivityCell refused() {
    trial::SensitivityCell cell;
    cell.refusal = "not here";
    return cell;
}

trial::SensitivityUnit partOfLayer0(const std::string& name) {
    trial::SensitivityUnit unit;
    unit.name = name;
    unit.nodes = {"layer0"};
    return unit;
}

trial::SensitivityTable tableAtFourBits() {
    auto table = tableOf({});
    for (auto& cell : table.cells) cell.bits = 4;
    return table;
}

/// Behind the rows of the layers one of a group of units, which goes with `options` alone: with each as `removal` says.
trial::SensitivityTable tableWithRemoval(const trial::SensitivityCell& removal, const std::vector<std::string>& options) {
    auto table = tableOf({});
    for (const std::string& option : options) table.options.push_back(trial::parseOption(option).value());
    table.units.push_back(partOfLayer0("neurons of layer0"));
    const auto layers = std::exchange(table.cells, {});
    const auto addRow = [&](const trial::SensitivityCell& first, const trial::SensitivityCell& others) {
        table.cells.push_back(first);
        table.cells.insert(table.cells.end(), options.size(), others);
    };
    for (const auto& cell : layers) addRow(cell, refused());
    addRow(refused(), removal);
    return table;
}

TEST(MixFor, TakesUnitsOutOfLayersThatHaveAPrecisionOfTheirOwn) {
    trial::SensitivityCell removal;
    removal.loss = {0.002, {0.002, 0.002}};
    removal.gainNs = base::Estimate{0.4e6, {}};
    removal.storedBytes = -50;
    const auto table = tableWithRemoval(removal, {"prune.pattern=neurons,prune.ratio=0.25,compute=int8"});
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

TEST(MixFor, KeepsToBytesAndBits) {
    const auto table = tableOf({});
    const auto mix = mixFor(table, leastLossWithin(Quantity::Bytes), 1000).value();  // of 1600: two units must give 300
    EXPECT_LE(mix.bytes, 1000);
    EXPECT_NEAR(mix.loss, 0.002, 1e-12) << "those that lose least";
    const MixGoal goal = leastLossWithin(Quantity::MeanBits);
    EXPECT_LE(mixFor(table, goal, 16).value().meanBits, 16);
    const auto none = mixFor(table, goal, 4);
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, HasSubstr("cannot be met"));
}

TEST(MixFor, KeepsTheLastLayerWideUnlessTold) {
    const auto table = tableAtFourBits();
    MixGoal goal;
    EXPECT_FALSE(mixFor(table, goal, 1).value().options.back());
    goal.lastLayerToo = true;
    EXPECT_TRUE(mixFor(table, goal, 1).value().options.back());
}

TEST(MixFor, LeavesARowAsItIsWhereAnOptionSavesNothing) {
    auto table = tableOf({});
    table.options = {trial::parseOption("kv_cache.bits=8").value()};
    for (auto& cell : table.cells) cell = refused();
    table.units.push_back(partOfLayer0("keys and values of layer0"));
    trial::SensitivityCell free;
    free.loss = {-0.01, {-0.02, -0.005}};
    free.execution = trace::Execution::Emulated;
    table.cells.push_back(free);
    const auto mix = mixFor(table, leastLossWithin(Quantity::Bytes), 1e6).value();
    EXPECT_FALSE(mix.options.back()) << "the mix would have no speed for nothing";
    EXPECT_DOUBLE_EQ(sumsOf(table, 0).value().bytes, 1600);
}

TEST(MixFor, KeepsTheLastLayerWideUnderWhatLiesUnderEverything) {
    const auto table = tableAtFourBits();
    MixGoal goal;
    const auto mix = mixFor(table, goal, 1, Underneath{0, 0.006}).value();
    EXPECT_EQ(mix.options, (std::vector<std::optional<std::size_t>>{0, 0, 0, std::nullopt}));
    goal.lastLayerToo = true;
    EXPECT_TRUE(mixFor(table, goal, 1, Underneath{0, 0.006}).value().options.back());
}

TEST(MixFor, CountsTheLossOfWhatLiesUnderEverythingOnce) {
    auto table = tableOf({});
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
    // 0.02 of the second row does not count again.
    EXPECT_EQ(mix.options, (std::vector<std::optional<std::size_t>>{0, 0, 1, std::nullopt}));
    EXPECT_DOUBLE_EQ(mix.loss, 0.006 + 0.001);
    EXPECT_FALSE(mixFor(table, {}, 0.005, Underneath{0, 0.006}));
}

TEST(SumsOf, AUniformRecipeAreThoseOfItsCells) {
    auto table = tableOf({});
    table.cells[2].refusal = "not here";
    const auto sums = sumsOf(table, 0);
    ASSERT_TRUE(sums);
    EXPECT_DOUBLE_EQ(sums->bytes, 3 * 100 + 400);
    EXPECT_DOUBLE_EQ(sums->meanBits, (3 * 8 + 32) / 4.0);
    const auto none = sumsOf(table, std::nullopt);
    ASSERT_TRUE(none);
    EXPECT_DOUBLE_EQ(none->bytes, 1600);
    EXPECT_DOUBLE_EQ(none->latencyMs, 10);
}

TEST(SumsOf, ARemovalHoldWhatItsRestDoesToLayers) {
    trial::SensitivityCell removal;
    removal.storedBytes = -50;
    const auto table = tableWithRemoval(
        removal, {"prune.pattern=neurons,prune.ratio=0.25,compute=int8", "prune.pattern=neurons,prune.ratio=0.25,weights.bits=4"});
    const auto sums = sumsOf(table, 1);
    ASSERT_TRUE(sums);
    EXPECT_DOUBLE_EQ(sums->bytes, 4 * 100 - 50);
    EXPECT_DOUBLE_EQ(sums->meanBits, 8);
    EXPECT_FALSE(sumsOf(table, 2)) << "no column tells what 4 bits alone take";
}

TEST(AllowedLoss, IsTakenInUnitsOfTheScores) {
    EXPECT_DOUBLE_EQ(allowedLoss("perplexity", 20, {0.01, true}), std::log(1.01));
    EXPECT_DOUBLE_EQ(allowedLoss("perplexity", 20, {0.2, false}), std::log(20.2 / 20));
    EXPECT_DOUBLE_EQ(allowedLoss("top1", 0.8, {0.01, true}), 0.008);
    EXPECT_DOUBLE_EQ(allowedLoss("top1", 0.8, {0.01, false}), 0.01);
}

}  // namespace
}  // namespace trimtab::tune
