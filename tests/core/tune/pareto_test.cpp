// The front against a brute-force statement, and the words that say why a row is not on it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/base/random.h"
#include "core/tune/pareto.h"

namespace trimtab::tune {
namespace {

using testing::HasSubstr;

// Narrow intervals: a latency and a score that every pair of trials can tell apart.
trial::TrialResult point(std::int64_t id, double milliseconds, double score) {
    trial::TrialResult result;
    result.id = id;
    result.state = trial::State::Finished;
    result.trial.label = "t" + std::to_string(id);
    result.accuracy.emplace();
    result.accuracy->metric = "top1";
    result.accuracy->value = score;
    result.accuracy->sampleScores.assign(50, score);
    result.speed.emplace();
    result.speed->medianMs = milliseconds;
    for (int i = 0; i < 4; ++i) result.speed->blocks.push_back({{10.0, 10.0}, {milliseconds, milliseconds}});
    result.speed->speedup = base::pairedSpeedup(result.speed->blocks);
    result.sizeBytes = id;
    return result;
}

TEST(Pareto, EqualsTheBruteForceFrontWhenAllCanBeToldApart) {
    base::Random random(3);
    for (int round = 0; round < 20; ++round) {
        std::vector<trial::TrialResult> results;
        for (int i = 0; i < 30; ++i)
            results.push_back(
                point(i + 1, 1 + 0.01 * static_cast<double>(random.below(900)), 0.01 * static_cast<double>(random.below(100))));
        const auto rows = paretoRows(results);
        ASSERT_TRUE(rows);
        for (std::size_t i = 0; i < results.size(); ++i) {
            bool beaten = false;
            for (std::size_t j = 0; j < results.size(); ++j) {
                const bool noWorse =
                    results[j].speed->medianMs <= results[i].speed->medianMs && results[j].accuracy->value >= results[i].accuracy->value;
                const bool better =
                    results[j].speed->medianMs < results[i].speed->medianMs || results[j].accuracy->value > results[i].accuracy->value;
                beaten = beaten || (noWorse && better);
            }
            EXPECT_EQ((*rows)[i].onFront, !beaten) << results[i].speed->medianMs << " " << results[i].accuracy->value;
        }
    }
}

TEST(Pareto, WhatCannotBeToldApartStaysOnTheFrontTogether) {
    auto fast = point(1, 5, 0.9), same = point(2, 5, 0.9);
    fast.speed->blocks = {{{10}, {5}}, {{10}, {5.2}}, {{10}, {4.9}}};
    same.speed->blocks = {{{10}, {5.1}}, {{10}, {4.8}}, {{10}, {5.3}}};
    const auto rows = paretoRows({fast, same});
    EXPECT_TRUE((*rows)[0].onFront && (*rows)[1].onFront);
}

TEST(Pareto, NothingEmulatedStaleProjectedOrFailedEnters) {
    auto emulated = point(1, 1, 1), stale = point(2, 1, 1), projected = point(3, 1, 1), failed = point(4, 1, 1), good = point(5, 9, 0.1);
    emulated.execution = trace::Execution::Emulated;
    stale.stale = true;
    projected.basis = trial::Basis::Projected;
    failed.state = trial::State::Failed;
    const auto rows = paretoRows({emulated, stale, projected, failed, good});
    ASSERT_TRUE(rows);
    for (int i = 0; i < 4; ++i) EXPECT_FALSE((*rows)[static_cast<std::size_t>(i)].onFront);
    EXPECT_EQ((*rows)[0].leftOutBecause, "emulated");
    EXPECT_EQ((*rows)[1].leftOutBecause, "stale");
    EXPECT_EQ((*rows)[2].leftOutBecause, "projected");
    EXPECT_EQ((*rows)[3].leftOutBecause, "failed");
    EXPECT_TRUE((*rows)[4].onFront);
}

TEST(Pareto, ScoresThatAreNoNumbersStayOffTheFront) {
    auto broken = point(1, 1, std::numeric_limits<double>::quiet_NaN());
    const auto rows = paretoRows({broken, point(2, 5, 0.5)});
    EXPECT_FALSE((*rows)[0].onFront);
    EXPECT_THAT((*rows)[0].leftOutBecause, HasSubstr("no number"));
    EXPECT_TRUE((*rows)[1].onFront);
}

TEST(Pareto, BatchesTradeLatencyForThroughput) {
    auto one = point(1, 2, 0.5), sixteen = point(2, 16, 0.5);
    sixteen.trial.setting.batch = 16;
    sixteen.speed->batch = 16;
    const auto byLatency = paretoRows({one, sixteen});
    EXPECT_TRUE((*byLatency)[0].onFront);
    EXPECT_FALSE((*byLatency)[1].onFront) << "16 ms for a run against 2";
    const auto byThroughput = paretoRows({one, sixteen}, "throughput_sps");
    EXPECT_FALSE((*byThroughput)[0].onFront) << "2 ms for a sample against 1";
    EXPECT_TRUE((*byThroughput)[1].onFront);
}

TEST(Pareto, AStepBehindAPromptDoesNotDominateThePrompt) {
    auto prefill = point(1, 5, 0.9), slower = point(2, 6, 0.8), step = point(3, 0.5, 0.9), longer = point(4, 7, 0.8);
    for (auto* result : {&prefill, &slower, &step, &longer}) result->trial.setting.prompt = 64;
    step.trial.setting.generate = 16;
    longer.trial.setting.prompt = 128;
    const auto rows = paretoRows({prefill, slower, step, longer});
    ASSERT_TRUE(rows);
    EXPECT_TRUE((*rows)[0].onFront);
    EXPECT_EQ((*rows)[1].leftOutBecause, "dominated by 1");
    EXPECT_TRUE((*rows)[2].onFront);
    EXPECT_TRUE((*rows)[3].onFront) << "a longer prompt is more work";
}

TEST(Pareto, LowerIsBetterWhereTheMetricSaysSo) {
    auto low = point(1, 5, 3), high = point(2, 5, 30);
    for (auto* result : {&low, &high}) result->accuracy->higherIsBetter = false;
    const auto rows = paretoRows({low, high});
    EXPECT_TRUE((*rows)[0].onFront);
    EXPECT_EQ((*rows)[1].leftOutBecause, "dominated by 1");
}

TEST(Pareto, SizeCanBeTheOtherAxis) {
    const auto rows = paretoRows({point(1, 5, 0.5), point(2, 1, 0.5)}, "size_bytes");
    EXPECT_TRUE((*rows)[0].onFront);
    EXPECT_FALSE((*rows)[1].onFront);
    EXPECT_EQ(paretoRows({}, "colour").error().code, ErrorCode::Usage);
}

TEST(Pareto, TheDocumentHasEveryKeyOfTheContractAndNoInventedSpeed) {
    auto emulated = point(7, 1, 0.4);
    emulated.execution = trace::Execution::Emulated;
    emulated.speed.reset();
    const std::vector<trial::TrialResult> results{emulated};
    const Json row = paretoJson(results, *paretoRows(results))[0];
    for (const char* key : {"trial", "label", "recipe", "engine", "execution", "basis", "stale", "latency_ms", "throughput_sps", "accuracy",
                            "size_bytes", "speedup", "on_front"})
        EXPECT_TRUE(row.contains(key)) << key;
    for (const char* key : {"metric", "value", "low", "high", "better"}) EXPECT_TRUE(row["accuracy"].contains(key)) << key;
    EXPECT_TRUE(row["latency_ms"].is_null() && row["speedup"].is_null() && row["throughput_sps"].is_null());
    EXPECT_EQ(row["execution"], "emulated");
}

TEST(Pareto, RowsTellTheEnergyThatWasMeasured) {
    std::vector<trial::TrialResult> results{point(1, 5, 0.5), point(2, 4, 0.5)};
    results[1].speed->power.emplace().energy = trace::Energy{{2, {1, 3}}, "counter", "NVML", "the board", 10, 8, 1.6, 300, 0, false};
    const Json json = paretoJson(results, *paretoRows(results));
    EXPECT_TRUE(json[0]["joules"].is_null());
    EXPECT_EQ(json[1]["joules"]["of"], "sample");
    EXPECT_DOUBLE_EQ(json[1]["joules"]["value"].get<double>(), 2.0 / static_cast<double>(results[1].speed->batch));
}

TEST(Pareto, RowsOfRandomWeightsSayWhyTheyHaveNoAccuracy) {
    std::vector<trial::TrialResult> results{point(1, 5, 0.5), point(2, 4, 0.5)};
    for (auto& result : results) result.accuracy.reset();
    results[1].state = trial::State::Failed;
    trial::Study study;
    study.randomWeights = 7;
    auto rows = *paretoRows(results);
    noteStudy(rows, study, results);
    EXPECT_EQ(rows[0].leftOutBecause, "random weights (seed 7): speed and memory alone");
    EXPECT_EQ(rows[1].leftOutBecause, "failed");
    for (const Json& row : paretoJson(results, rows)) EXPECT_EQ(row["weights"], "random weights (seed 7): speed and memory alone");
}

TEST(Pareto, RowsSayWhatTheyWereCalibratedOnWhereMethodsLooked) {
    std::vector<trial::TrialResult> results{point(1, 5, 0.5), point(2, 4, 0.5)};
    results[1].trial.recipe = *recipe::parse(R"({"weights": {"bits": 4, "method": "gptq"}})");
    auto rows = *paretoRows(results);
    noteStudy(rows, trial::Study{}, results);
    const Json json = paretoJson(results, rows);
    EXPECT_FALSE(json[0].contains("calibration"));
    EXPECT_EQ(json[1]["calibration"], "calibrated on inputs drawn from the seed");
}

}  // namespace
}  // namespace trimtab::tune
