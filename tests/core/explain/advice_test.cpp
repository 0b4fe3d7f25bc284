#include "core/explain/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trimtab::explain {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kMicro = 1000;  // ns

/// Two layers with weights and what stands behind the first, 100 µs in all: 60, 10, 30.
class AdviceTest : public testing::Test {
protected:
    AdviceTest() {
        profile.ceilings = {1e10, 0, {{"fp32", 1e11}}, 1 * kMicro};
        add("a", 60 * kMicro, 500'000, 1e5);
        add("norm", 10 * kMicro, 0, 1e3);
        add("b", 30 * kMicro, 250'000, 1e5);
        profile.runNs = 100 * kMicro;
        profile.attributed = 1;
        for (auto& layer : profile.layers) layer.share = layer.medianNs / profile.runNs;
    }
    void add(const char* name, double ns, std::int64_t bytes, double operations) {
        trace::LayerRecord layer;
        layer.node = name;
        layer.origins = {name};
        layer.op = "MatMul";
        layer.medianNs = ns;
        layer.weightBytes = bytes;
        layer.activationBytes = 100;
        layer.operations = operations;
        profile.layers.push_back(layer);
    }
    trial::LayerTrial& tried(const char* option, std::vector<std::string> nodes, std::vector<std::string> stretch, double saved) {
        trial::LayerTrial& trial = trials.emplace_back();
        trial.option = trial::parseOption(option).value();
        trial.option.name = option;
        trial.nodes = std::move(nodes);
        trial.stretch = std::move(stretch);
        trial.saved = {saved, {saved - 0.02, saved + 0.02}};
        trial.untreatedNs = 50 * kMicro;
        return trial;
    }
    AdviceList list(std::int64_t batch = 1, base::Estimate largerBatch = {}) {
        const Diagnosis diagnosis = diagnose(profile, std::nullopt);
        return advise({profile, diagnosis, trials, recipe, setting, batch, largerBatch, reordering, removals});
    }
    /// Without the advice on the batch.
    std::vector<Advice> onLayers() {
        auto best = list().best;
        std::erase_if(best, [](const Advice& advice) { return advice.layers.empty(); });
        return best;
    }

    trace::Profile profile;
    std::vector<trial::LayerTrial> trials;
    recipe::Recipe recipe;
    recipe::RunSetting setting;
    trial::Reordering reordering;
    std::vector<trial::Removal> removals;
};

TEST_F(AdviceTest, AddsUpWhatAnOptionSavesInTheWholeRun) {
    tried("weights.bits=8", {"a"}, {"a", "norm"}, 0.5);
    tried("weights.bits=8", {"b"}, {"b"}, 0.5);
    const auto best = onLayers();
    ASSERT_EQ(best.size(), 1U);
    EXPECT_NEAR(best[0].speedup, 1 / 0.5, 1e-9) << "half of 60 + 10 and half of 30";
    EXPECT_THAT(best[0].layers, ElementsAre("a", "b"));
    EXPECT_TRUE(best[0].recipe.rules.empty()) << "all layers: no rule is needed";
    EXPECT_EQ(best[0].recipe.base.weights->bits, 8);
    EXPECT_THAT(best[0].text, HasSubstr("all layers with weights"));
    EXPECT_THAT(best[0].because, testing::AllOf(HasSubstr("90 %"), HasSubstr("memory bandwidth")));
}

TEST_F(AdviceTest, LeavesOutWhatItSlowsDownOrLeavesAlone) {
    tried("weights.bits=8", {"a"}, {"a"}, 0.5);
    tried("weights.bits=8", {"b"}, {"b"}, -0.3);
    const auto best = onLayers();
    ASSERT_EQ(best.size(), 1U);
    EXPECT_NEAR(best[0].speedup, 1 / 0.7, 1e-9);
    ASSERT_EQ(best[0].recipe.rules.size(), 1U);
    EXPECT_EQ(best[0].recipe.rules[0].match.name, "a");
    trials[0].saved.interval.low = -0.1;
    EXPECT_TRUE(onLayers().empty()) << "what may be nothing is not advised";
}

TEST_F(AdviceTest, MixesOptionsWhereLayersDiffer) {
    tried("weights.bits=8", {"a"}, {"a"}, 0.5);
    tried("weights.bits=8", {"b"}, {"b"}, 0.1);
    tried("compute=bf16", {"a"}, {"a"}, 0.2);
    tried("compute=bf16", {"b"}, {"b"}, 0.4);
    const auto best = onLayers();
    ASSERT_EQ(best.size(), 3U);
    EXPECT_NEAR(best[0].speedup, 1 / 0.58, 1e-9) << "30 µs of a by one, 12 of b by the other";
    EXPECT_EQ(best[0].recipe.rules.size(), 2U);
    EXPECT_GT(best[1].speedup, best[2].speedup) << "the largest first";
}

TEST_F(AdviceTest, SaysWhyAnOptionGivesNothing) {
    tried("weights.bits=8", {"a"}, {"a"}, -0.5);
    tried("weights.bits=4", {"a"}, {"a"}, 0.9).execution = trace::Execution::Emulated;
    trials.back().reason = "no kernel for it";
    tried("compute=int8", {"a"}, {"a"}, 0.9).refusal = "its inputs are no activations";
    const AdviceList told = list();
    EXPECT_TRUE(onLayers().empty()) << "the speed of what is emulated is not real";
    EXPECT_THAT(told.nothing, ElementsAre(testing::AllOf(HasSubstr("weights.bits=8 makes no layer faster"), HasSubstr("memory")),
                                          testing::AllOf(HasSubstr("emulated"), HasSubstr("no kernel for it")),
                                          testing::AllOf(HasSubstr("cannot be had"), HasSubstr("no activations"))));
}

TEST_F(AdviceTest, CountsAFusedLayerOfTwoStretchesOnce) {
    profile.layers[0].origins = {"a", "add"};
    tried("weights.bits=8", {"a"}, {"a", "norm"}, 0.5);
    tried("weights.bits=8", {"b"}, {"b", "add"}, 0.5);
    EXPECT_NEAR(onLayers().at(0).speedup, 1 / 0.5, 1e-9) << "the layer of a saves its half with a alone";
}

TEST_F(AdviceTest, KeepsWhatTheRecipeSaysAlready) {
    recipe = recipe::parse(R"({"prune": {"ratio": 0.5}, "rules": [{"match": {"op": "Conv"}, "compute": "bf16"}]})").value();
    tried("weights.bits=8", {"a"}, {"a"}, 0.5);
    tried("weights.bits=8", {"b"}, {"b"}, 0.5);
    const auto best = onLayers();
    ASSERT_EQ(best.size(), 1U);
    EXPECT_EQ(best[0].recipe.base, recipe.base);
    ASSERT_EQ(best[0].recipe.rules.size(), 3U) << "rules go behind those that are there";
    EXPECT_EQ(best[0].recipe.rules[0], recipe.rules[0]);
}

TEST_F(AdviceTest, AdvisesUnitsToLeaveWhereThatWasFaster) {
    for (const auto& option : trial::usualRemovals()) removals.push_back({option, {}, {}});
    ASSERT_EQ(removals.size(), 2U);
    removals[0].time = {0.5, {0.45, 0.55}};
    removals[1].refusal = "no layer has channels";
    const auto told = list();
    ASSERT_EQ(told.best.size(), 1U);
    EXPECT_NEAR(told.best[0].speedup, 2, 1e-9);
    EXPECT_EQ(told.best[0].recipe.base.prune->pattern, "neurons");
    EXPECT_THAT(told.nothing, testing::Contains(HasSubstr("no layer has channels")));
    removals[0].time = {0.99, {0.9, 1.1}};
    EXPECT_THAT(list().best, testing::IsEmpty());
}

TEST_F(AdviceTest, AdvisesToLeaveOutTransposesThatCancel) {
    reordering = {{"norm"}, {0.8, {0.75, 0.85}}, {}};
    const auto best = list().best;
    ASSERT_EQ(best.size(), 1U);
    EXPECT_TRUE(best[0].recipe.cancelsTransposes);
    EXPECT_NEAR(best[0].speedup, 1.25, 1e-9) << "as it was timed";
    EXPECT_THAT(best[0].layers, ElementsAre("norm"));
    EXPECT_THAT(best[0].because, HasSubstr("10 % of the run"));
    reordering.time = {0.99, {0.9, 1.1}};
    EXPECT_THAT(list().best, testing::IsEmpty()) << "it could be no gain at all";
    reordering.refusal = "no memory";
    EXPECT_THAT(list().nothing, testing::Contains(HasSubstr("no memory")));
}

TEST_F(AdviceTest, AdvisesTheBatchThatWasTried) {
    const AdviceList shared = list(2, {1.3, {1.2, 1.4}});
    ASSERT_EQ(shared.best.size(), 1U);
    EXPECT_EQ(shared.best[0].setting.batch, 16);
    EXPECT_NEAR(shared.best[0].speedup, 8 / 1.3, 1e-9) << "eight times as many in 1.3 times the time";
    EXPECT_TRUE(list(2, {7.6, {7, 8.4}}).best.empty()) << "it may be that eight times as many take eight times as long";
    EXPECT_TRUE(list(2).best.empty()) << "it was not measured";
}

TEST(AdviceToFit, RanksWhatRunsAndSaysWhyTheRestIsNoWayOut) {
    trial::Capacity capacity{"needs 2 GB more", 1 << 30, {}};
    const auto option = [](const char* text) { return trial::parseOption(text).value(); };
    capacity.options = {{option("weights.bits=16,weights.format=bf16"), "needs 1 GB more", trace::Execution::Native, 0, 0, 0},
                        {option("weights.bits=8"), "", trace::Execution::Native, 3e6, 100'000'000, 1'000'000},
                        {option("weights.bits=4"), "", trace::Execution::Native, 2e6, 60'000'000, 1'000'000},
                        {option("weights.bits=3"), "", trace::Execution::Emulated, 1e6, 60'000'000, 1'000'000}};
    recipe::Recipe recipe;
    recipe.base.prune = recipe::parse(R"({"prune": {"ratio": 0.5}})").value().base.prune;
    const AdviceList list = adviseToFit(capacity, recipe, {});
    ASSERT_EQ(list.best.size(), 2U);
    EXPECT_EQ(list.best[0].recipe.base.weights->bits, 4);
    EXPECT_EQ(list.best[0].runNs, 2e6);
    EXPECT_EQ(list.best[1].recipe.base.weights->bits, 8);
    EXPECT_TRUE(list.best[1].recipe.base.prune) << "what was asked before stays";
    EXPECT_NE(list.best[1].because.find("101 MB"), std::string::npos) << list.best[1].because;
    ASSERT_EQ(list.nothing.size(), 2U);
    EXPECT_NE(list.nothing[0].find("needs 1 GB more"), std::string::npos);
    EXPECT_NE(list.nothing[1].find("emulated"), std::string::npos);
}

}  // namespace
}  // namespace trimtab::explain
