// Studies against a runner and a sink that are only counted upon: what is measured, how often, and what is left when things go wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "core/base/hash.h"
#include "core/tune/halves.h"
#include "core/tune/run_study.h"

namespace trimtab::tune {
namespace {

using testing::HasSubstr;

// Measures nothing: gives each recipe a latency and scores, counts calls, and dies where it is told to.
class FakeRunner final : public TrialRunner {
public:
    std::map<std::string, int> accuracies, speeds;
    int plans = 0;
    int deathsLeft = 0;
    int planDeathsLeft = 0;
    double pruningScore = 0.5;  // of everything but the identity
    std::string refuse;       // a label that no engine supports
    std::map<std::string, std::string> engineVersions;
    std::function<void()> onAccuracy;

    Result<PlanSummary> plan(const trial::Study&, const trial::Trial& trial, std::stop_token) override {
        ++plans;
        if (planDeathsLeft > 0) {
            --planDeathsLeft;
            return fail(ErrorCode::WorkerDied, "signal 9");
        }
        if (trial.label == refuse) return fail(ErrorCode::Unsupported, "nothing executes this");
        PlanSummary plan;
        trace::LayerRecord layer;
        layer.node = "fc";
        const int bits = trial.recipe.base.weights ? trial.recipe.base.weights->bits : 32;
        layer.weightBits = bits;
        if (bits < 4) layer.execution = trace::Execution::Emulated;
        plan.layers = {layer};
        // How weights were rounded does not change the plan: 5 % of pruning keeps the dense kernel here.
        plan.planKey = std::to_string(bits);
        plan.numericsKey = "n";
        plan.sizeBytes = bits;
        plan.environment.engineVersion = engineVersions[trial.setting.engine];
        plan.environment.threads = trial.setting.threads;
        return plan;
    }

    Result<trial::Accuracy> measureAccuracy(const trial::Study&, const trial::Trial& trial, const ProgressFn&, std::stop_token) override {
        if (onAccuracy) onAccuracy();
        if (deathsLeft > 0) {
            --deathsLeft;
            return fail(ErrorCode::WorkerDied, "signal 9");
        }
        ++accuracies[trial.label];
        trial::Accuracy accuracy;
        accuracy.metric = "top1";
        accuracy.sampleScores.assign(40, trial.recipe.isIdentity() ? 1.0 : pruningScore);
        accuracy.value = accuracy.sampleScores[0];
        accuracy.n = 40;
        return accuracy;
    }

    Result<SpeedBlock> measureSpeed(const trial::Study& study, const trial::Trial& trial, std::stop_token) override {
        ++speeds[trial.label];
        SpeedBlock block;
        block.timings = {{10, 11, 10}, trial.recipe.isIdentity() ? std::vector<double>{10, 10, 10} : std::vector<double>{5, 5, 5}};
        trace::LayerRecord layer;
        layer.node = "fc";
        layer.medianNs = 1000;
        block.batch = std::max<std::int64_t>(trial.setting.batch, 1);
        block.baselineBatch = std::max<std::int64_t>(trial::baselineFor(study, trial.setting).setting.batch, 1);
        block.layers = {layer};
        return block;
    }
};

class FakeSink final : public TrialSink {
public:
    std::vector<trial::TrialResult> kept;
    bool broken = false;

    Result<std::vector<trial::TrialResult>> existing() override { return kept; }
    Status trialStarted(const trial::Trial&) override { return {}; }
    Status trialFinished(trial::TrialResult& result) override {
        if (broken) return fail(ErrorCode::Io, "the disk is full");
        result.id = static_cast<std::int64_t>(kept.size()) + 1;
        kept.push_back(result);
        return {};
    }
};

class RunStudyTest : public testing::Test {
protected:
    FakeRunner m_runner;
    FakeSink m_sink;
    StudyObserver m_observer;
    std::stop_source m_stop;

    static trial::Study study(const std::vector<std::string>& axes) {
        trial::Study study;
        study.modelHash = "m";
        study.dataPath = "d";
        study.budget.processes = 3;
        for (const std::string& axis : axes) study.axes.push_back(*trial::parseAxis(axis));
        return study;
    }
    Result<StudyOutcome> run(const trial::Study& study, bool refresh = false) {
        return runStudy(study, m_runner, m_sink, m_observer, m_stop.get_token(), refresh);
    }
};

TEST_F(RunStudyTest, MeasuresTheBaselineFirstAndEveryTrialOnce) {
    const auto outcome = run(study({"weights.bits=32,8,4"}));
    ASSERT_TRUE(outcome) << outcome.error().text();
    EXPECT_EQ(outcome->finished, 3);
    ASSERT_EQ(m_sink.kept.size(), 3U);
    EXPECT_TRUE(m_sink.kept[0].isBaseline);
    for (const auto& [label, count] : m_runner.accuracies) EXPECT_EQ(count, 1) << label;
    for (const auto& [label, count] : m_runner.speeds) EXPECT_EQ(count, 3) << label;
    EXPECT_NEAR(m_sink.kept[1].speed->speedup.value, 2, 1e-9);
    EXPECT_EQ(m_sink.kept[0].speed->speedup.value, 1);
    EXPECT_EQ(m_sink.kept[1].accuracyDifference->value, -0.5);
    EXPECT_EQ(m_sink.kept[1].layers[0].medianNs, 1000);
    EXPECT_EQ(m_sink.kept[1].layers[0].share, 1);
}

TEST_F(RunStudyTest, TimesRandomWeightsAndScoresNothing) {
    trial::Study random = study({"weights.bits=32,8,2"});
    random.dataPath.clear();
    random.randomWeights = 1;
    m_observer.baselineScore = [](const trial::Accuracy&) { ADD_FAILURE() << "there is none"; };
    for (const int finished : {3, 0}) {  // measured, then taken over
        const auto outcome = run(random);
        ASSERT_TRUE(outcome) << outcome.error().text();
        EXPECT_EQ(outcome->finished, finished);
    }
    EXPECT_TRUE(m_runner.accuracies.empty());
    ASSERT_EQ(m_sink.kept.size(), 3U);
    for (const auto& result : m_sink.kept) EXPECT_FALSE(result.accuracy || !result.accuracyKey.empty()) << result.trial.label;
    EXPECT_NEAR(m_sink.kept[1].speed->speedup.value, 2, 1e-9);
    EXPECT_FALSE(m_sink.kept[2].speed) << "what is emulated has no speed here either";
}

TEST_F(RunStudyTest, FailsWhereTheBaselineOfRandomWeightsCannotBeMeasured) {
    trial::Study random = study({"weights.bits=8"});
    random.dataPath.clear();
    random.randomWeights = 1;
    m_runner.refuse = random.baselineName;
    const auto outcome = run(random);
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().text(), HasSubstr("nothing executes this"));
}

TEST_F(RunStudyTest, TellsTheReferencesOwnScoreBeforeAnyOtherTrial) {
    std::vector<std::string> order;
    m_observer.baselineScore = [&](const trial::Accuracy& accuracy) { order.push_back("score " + std::to_string(accuracy.value)); };
    m_observer.finished = [&](const trial::TrialResult& result) { order.push_back(result.trial.label); };
    ASSERT_TRUE(run(study({"weights.bits=8"})));
    ASSERT_EQ(order.size(), 3U);
    EXPECT_EQ(order[0], "as the model is stored");
    EXPECT_THAT(order[1], HasSubstr("score 1"));
}

TEST_F(RunStudyTest, EachDistinctSpeedIsMeasuredOnce) {
    ASSERT_TRUE(run(study({"weights.bits=8", "prune.ratio=0,0.1,0.2"})));
    int blocks = 0;
    for (const auto& [label, count] : m_runner.speeds) blocks += count;
    EXPECT_EQ(blocks, 6);  // the baseline's and one for all three pruning ratios
    EXPECT_EQ(m_runner.accuracies.size(), 4U);
    for (const auto& result : m_sink.kept) EXPECT_TRUE(result.speed);
}

TEST_F(RunStudyTest, EmulatedTrialsGetNoSpeed) {
    ASSERT_TRUE(run(study({"weights.bits=3"})));
    EXPECT_EQ(m_sink.kept[1].execution, trace::Execution::Emulated);
    EXPECT_FALSE(m_sink.kept[1].speed);
    EXPECT_TRUE(m_sink.kept[1].accuracy);
    EXPECT_EQ(m_runner.speeds.count("int3"), 0U);
}

TEST_F(RunStudyTest, ADeathCostsOneRetry) {
    m_runner.deathsLeft = 1;
    const auto outcome = run(study({"weights.bits=8"}));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->finished, 2);
    EXPECT_EQ(m_sink.kept[0].attempts, 2);
}

TEST_F(RunStudyTest, ASecondDeathFailsTheTrialAndTheStudyGoesOn) {
    int calls = 0;
    m_runner.onAccuracy = [&] {
        if (++calls == 2) m_runner.deathsLeft = 2;
    };
    const auto outcome = run(study({"weights.bits=8,4"}));
    ASSERT_TRUE(outcome) << outcome.error().text();
    EXPECT_EQ(outcome->failed, 1);
    EXPECT_EQ(outcome->finished, 2);
    EXPECT_EQ(m_sink.kept[1].state, trial::State::Failed);
    EXPECT_THAT(m_sink.kept[1].failure, HasSubstr("signal 9"));
}

TEST_F(RunStudyTest, FiveDeathsInARowStopTheStudy) {
    int calls = 0;
    m_runner.onAccuracy = [&] {
        if (++calls == 2) m_runner.deathsLeft = 1000;
    };
    const auto outcome = run(study({"weights.bits=8,7,6,5,4"}));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::WorkerDied);
    EXPECT_THAT(outcome.error().message, HasSubstr("5 times in a row"));
    EXPECT_EQ(m_sink.kept.size(), 3U);  // the baseline and two failures stay
}

TEST_F(RunStudyTest, ResumingDoesNothingTwice) {
    ASSERT_TRUE(run(study({"weights.bits=8,4,3"})));
    const std::size_t before = m_sink.kept.size();
    m_runner.accuracies.clear();
    m_runner.speeds.clear();
    const auto again = run(study({"weights.bits=8,4,3"}));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->finished, 0);
    EXPECT_EQ(again->reused, 4);
    EXPECT_TRUE(m_runner.accuracies.empty() && m_runner.speeds.empty());
    EXPECT_EQ(m_sink.kept.size(), before);
}

TEST_F(RunStudyTest, ResumingDoesNothingTwiceWhereThreadsAreAnAxis) {
    ASSERT_TRUE(run(study({"run.threads=1,2", "weights.bits=32,8"})));
    const std::size_t before = m_sink.kept.size();
    const auto again = run(study({"run.threads=1,2", "weights.bits=32,8"}));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->finished, 0);
    EXPECT_EQ(again->reused, static_cast<int>(before));
    EXPECT_EQ(m_sink.kept.size(), before);
}

TEST_F(RunStudyTest, ResumingPlansOncePerEnvironment) {
    ASSERT_TRUE(run(study({"weights.bits=8,7,6,5,4"})));
    m_runner.plans = 0;
    ASSERT_TRUE(run(study({"weights.bits=8,7,6,5,4"})));
    EXPECT_EQ(m_runner.plans, 1);
}

TEST_F(RunStudyTest, AWorkerThatDiesWhileResumingCostsOneRetry) {
    ASSERT_TRUE(run(study({"weights.bits=8"})));
    m_runner.planDeathsLeft = 1;
    const auto again = run(study({"weights.bits=8"}));
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->reused, 2);
    EXPECT_EQ(m_sink.kept.size(), 2U);
}

TEST_F(RunStudyTest, ScoresThatAreNoNumbersAreKeptWithoutADifference) {
    m_runner.pruningScore = std::numeric_limits<double>::quiet_NaN();
    ASSERT_TRUE(run(study({"weights.bits=8"})));
    EXPECT_EQ(m_sink.kept[1].state, trial::State::Finished);
    EXPECT_FALSE(m_sink.kept[1].accuracyDifference);
}

TEST_F(RunStudyTest, OtherInputsAreOtherAccuracies) {
    auto seeded = study({"run.symbols.sequence=8,16"});
    ASSERT_TRUE(run(seeded));
    ASSERT_EQ(m_sink.kept.size(), 3U);
    EXPECT_NE(m_sink.kept[1].accuracyKey, m_sink.kept[2].accuracyKey);
    auto batches = study({"run.batch=8,16"});
    ASSERT_TRUE(run(batches));
    ASSERT_EQ(m_sink.kept.size(), 5U);
    EXPECT_EQ(m_sink.kept[3].accuracyKey, m_sink.kept[4].accuracyKey) << "the data set has its own batch";
    EXPECT_NE(m_sink.kept[3].speedKey, m_sink.kept[4].speedKey);
}

TEST_F(RunStudyTest, ASubsetIsAnotherAccuracyThanTheFirstSamplesThatOlderVersionsScored) {
    auto some = study({"weights.bits=8"});
    some.dataHash = "d";
    const auto keyOf = [&](std::int64_t samples, std::uint64_t seed, const std::string& metric) {
        some.budget.samples = samples;
        some.seed = seed;
        some.metric = metric;
        return accuracyKey(some, some.baseline, {});
    };
    const auto olderKeyOf = [](std::int64_t samples, const std::string& metric) {
        const Json key{{"model", "m"}, {"data", "d"}, {"metric", metric}, {"samples", samples}, {"seed", 1},
                       {"recipe", recipe::toJson(recipe::Recipe{})}, {"inputs", recipe::toJson(recipe::RunSetting{})}, {"engine", "cpu"},
                       {"version", ""}, {"instruction_set", ""}, {"numerics", ""}, {"batch", 0}};
        return base::sha256(base::dumpJson(key));
    };
    EXPECT_NE(keyOf(10, 1, "top1"), keyOf(10, 2, "top1"));
    EXPECT_NE(keyOf(10, 1, "top1"), olderKeyOf(10, "top1"));
    EXPECT_EQ(keyOf(0, 1, "top1"), olderKeyOf(0, "top1")) << "all samples are what they were";
    EXPECT_EQ(keyOf(10, 1, "exec:score"), olderKeyOf(10, "exec:score")) << "a program is still given the first";
}

TEST_F(RunStudyTest, WhatAnotherEngineVersionMeasuredIsNotReused) {
    ASSERT_TRUE(run(study({"weights.bits=8"})));
    m_runner.engineVersions["cpu"] = "2";
    const auto again = run(study({"weights.bits=8"}));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->finished, 2);
    EXPECT_EQ(m_sink.kept.size(), 4U);
}

TEST_F(RunStudyTest, ASpeedHeldAgainstAnotherVersionOfTheBaselineIsNotReused) {
    const auto engines = study({"run.engine=reference"});
    ASSERT_TRUE(run(engines));
    EXPECT_EQ(run(engines)->reused, 2);
    m_runner.engineVersions["cpu"] = "2";
    const auto again = run(engines);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->finished, 2) << "the other engine is what it was, but not what it is held against";
}

TEST_F(RunStudyTest, ASpeedUpIsThatOfASample) {
    ASSERT_TRUE(run(study({"run.batch=4"})));
    ASSERT_EQ(m_sink.kept.size(), 2U);
    EXPECT_NEAR(m_sink.kept[1].speed->speedup.value, 4, 1e-9) << "four samples in the time of one";
    EXPECT_NEAR(m_sink.kept[1].speed->speedup.interval.low, 4, 1e-9);
    EXPECT_EQ(m_sink.kept[0].speed->baselineKey, m_sink.kept[1].speed->baselineKey);
}

TEST_F(RunStudyTest, OtherInputsHaveABaselineOfTheirOwn) {
    ASSERT_TRUE(run(study({"run.symbols.sequence=8,16"})));
    EXPECT_NE(m_sink.kept[1].speed->baselineKey, m_sink.kept[2].speed->baselineKey) << "shorter inputs are no speed-up";
}

TEST_F(RunStudyTest, VariantsAreKnownByTheirOwnFilesAndHeldAgainstTheModel) {
    trial::Study given = study({});
    given.modelHash = "model";
    given.variants = {{"a", "/a", "x"}, {"b", "/b", "x"}, {"c", "/c", "y"}};
    ASSERT_TRUE(run(given));
    ASSERT_EQ(m_sink.kept.size(), 4U);
    EXPECT_EQ(m_runner.accuracies["a"], 1);
    EXPECT_EQ(m_runner.accuracies["b"], 0) << "a copy of the same file";
    EXPECT_EQ(m_runner.accuracies["c"], 1);
    EXPECT_NE(m_sink.kept[0].accuracyKey, m_sink.kept[1].accuracyKey);
    EXPECT_NE(m_sink.kept[1].speedKey, m_sink.kept[3].speedKey);
    EXPECT_EQ(m_sink.kept[0].speed->baselineKey, m_sink.kept[3].speed->baselineKey);
}

TEST_F(RunStudyTest, RefreshMeasuresAgainBesideTheOldResults) {
    ASSERT_TRUE(run(study({"weights.bits=8"})));
    ASSERT_TRUE(run(study({"weights.bits=8"}), true));
    EXPECT_EQ(m_sink.kept.size(), 4U);
    EXPECT_EQ(m_runner.accuracies["int8"], 2);
}

TEST_F(RunStudyTest, FailedTrialsAreTriedAgainOnResume) {
    m_runner.refuse = "int8";
    ASSERT_TRUE(run(study({"weights.bits=8"})));
    m_runner.refuse.clear();
    const auto again = run(study({"weights.bits=8"}));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->finished, 1);
    EXPECT_EQ(again->reused, 1);
}

TEST_F(RunStudyTest, CancellingKeepsWhatWasFinished) {
    m_observer.finished = [&](const trial::TrialResult&) {
        if (m_sink.kept.size() == 2) m_stop.request_stop();
    };
    const auto outcome = run(study({"weights.bits=8,4,3"}));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::Cancelled);
    EXPECT_EQ(m_sink.kept.size(), 2U);
}

TEST_F(RunStudyTest, ABaselineThatFailsEndsTheStudyWithItsReason) {
    m_runner.refuse = "as the model is stored";
    const auto outcome = run(study({"weights.bits=8"}));
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().message, HasSubstr("nothing executes this"));
}

TEST_F(RunStudyTest, ASinkThatCannotKeepStopsTheStudy) {
    m_sink.broken = true;
    EXPECT_EQ(run(study({"weights.bits=8"})).error().code, ErrorCode::Io);
}

TEST_F(RunStudyTest, ProgressReachesItsTotal) {
    StudyProgress last;
    m_observer.progress = [&](const StudyProgress& progress) { last = progress; };
    ASSERT_TRUE(run(study({"weights.bits=8,4"})));
    EXPECT_EQ(last.done, 3);
    EXPECT_EQ(last.total, 3);
    EXPECT_EQ(last.secondsLeft, 0);
}

}  // namespace
}  // namespace trimtab::tune
