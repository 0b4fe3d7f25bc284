#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/trial/trial.h"

namespace trimtab::trial {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TrialResult sample() {
    TrialResult result;
    result.id = 7;
    result.trial.recipe = *recipe::parse(R"({"weights": {"bits": 4, "group": 32}})");
    result.trial.setting.batch = 8;
    result.trial.label = "int4 g32 · batch 8";
    result.state = State::Finished;
    result.execution = trace::Execution::Emulated;
    result.basis = Basis::Imported;
    result.isBaseline = true;
    result.stale = true;
    result.attempts = 2;
    result.failure = "none";
    result.accuracy = Accuracy{"perplexity", false, true, 3.25, {3, kInfinity}, 3, {0.1, 0.2, kInfinity}, {10, 20, 5}};
    result.accuracy->windows = {256, 128};
    result.accuracy->overData = true;
    result.accuracy->also = {{"agreement", {0.9, {0.8, 0.95}}, 3}, {"kl_p99", {2, {1, kInfinity}}, 300}};
    result.accuracyDifference = base::Estimate{-0.25, {-0.5, 0.1}};
    Speed speed;
    speed.medianMs = 1.0 / 3;
    speed.p95Ms = base::Estimate{0.4, {0.35, 0.5}};
    speed.medianInterval = {0.3, 0.4};
    speed.n = 4;
    speed.batch = 8;
    speed.speedup = {2.5, {0, kInfinity}};
    speed.blocks = {{{1, 2}, {0.5, 0.25}}, {{}, {3}}};
    speed.outliers = 1;
    speed.throttled = true;
    result.speed = speed;
    result.accuracyKey = "a";
    result.speedKey = "s";
    result.layers = {trace::LayerRecord{"layer"}};
    result.sizeBytes = 123456789012;
    result.environment = {"cpu", "0.1.0", "avx2", 2, "a processor", "cafe", "a system", 32 << 20};
    result.finishedAt = "2026-01-02T03:04:05Z";
    return result;
}

Result<TrialResult> again(const TrialResult& result, bool brief = false) {
    return trialResultFromJson(*base::parseJson(base::dumpJson(toJson(result, brief)), "trial"));
}

TEST(TrialResult, ReadsBackAsItWasWritten) {
    const TrialResult wanted = sample();
    const auto result = again(wanted);
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_EQ(result->id, wanted.id);
    EXPECT_EQ(result->trial.recipe, wanted.trial.recipe);
    EXPECT_EQ(result->trial.setting, wanted.trial.setting);
    EXPECT_EQ(result->trial.label, wanted.trial.label);
    EXPECT_EQ(result->state, wanted.state);
    EXPECT_EQ(result->execution, wanted.execution);
    EXPECT_EQ(result->basis, wanted.basis);
    EXPECT_TRUE(result->isBaseline && result->stale);
    EXPECT_EQ(result->attempts, 2);
    EXPECT_EQ(result->failure, "none");
    EXPECT_EQ(result->accuracy->metric, "perplexity");
    EXPECT_FALSE(result->accuracy->higherIsBetter);
    EXPECT_TRUE(result->accuracy->fidelity);
    EXPECT_EQ(result->accuracy->value, 3.25);
    EXPECT_EQ(result->accuracy->interval.high, kInfinity);
    EXPECT_EQ(result->accuracy->sampleScores, wanted.accuracy->sampleScores);
    EXPECT_EQ(result->accuracy->sampleWeights, wanted.accuracy->sampleWeights);
    EXPECT_EQ(result->accuracy->windows, wanted.accuracy->windows);
    EXPECT_TRUE(result->accuracy->overData);
    EXPECT_EQ(result->accuracy->also, wanted.accuracy->also);
    EXPECT_EQ(result->accuracy->title(), "perplexity (window 256, stride 128)");
    EXPECT_EQ(result->accuracyDifference->interval.low, -0.5);
    EXPECT_EQ(result->speed->medianMs, 1.0 / 3);
    EXPECT_EQ(result->speed->p95Ms->interval.high, 0.5);
    EXPECT_EQ(result->speed->speedup.interval.high, kInfinity);
    ASSERT_EQ(result->speed->blocks.size(), 2U);
    EXPECT_EQ(result->speed->blocks[0].trial, (std::vector<double>{0.5, 0.25}));
    EXPECT_TRUE(result->speed->blocks[1].baseline.empty());
    EXPECT_TRUE(result->speed->throttled);
    EXPECT_EQ(result->speed->outliers, 1);
    EXPECT_EQ(result->accuracyKey + result->speedKey, "as");
    EXPECT_EQ(result->layers.size(), 1U);
    EXPECT_EQ(result->sizeBytes, 123456789012);
    EXPECT_EQ(result->environment, wanted.environment);
    EXPECT_EQ(result->finishedAt, wanted.finishedAt);
    EXPECT_EQ(toJson(*result), toJson(wanted));
}

TEST(Environment, OfAnOlderVersionNamesNoCache) {
    const Environment now = sample().environment;
    const auto before = environmentFromJson(placeJson(now));
    ASSERT_TRUE(before) << before.error().text();
    EXPECT_FALSE(before->lastLevelCacheBytes);
    EXPECT_EQ(before->device, now.device);
    EXPECT_EQ(placeJson(*before), placeJson(now)) << "keys of both are the same";
}

TEST(TrialResult, AbsentHalvesStayAbsent) {
    const auto result = again({});
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->accuracy || result->speed || result->accuracyDifference);
    EXPECT_EQ(result->state, State::Planned);
}

TEST(TrialResult, BriefLeavesOutSamplesAndBlocks) {
    const auto result = again(sample(), true);
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->accuracy->sampleScores.empty() && result->accuracy->sampleWeights.empty() && result->speed->blocks.empty());
    EXPECT_EQ(result->accuracy->value, 3.25);
    EXPECT_EQ(result->speed->speedup.value, 2.5);
}

TEST(TrialResult, RefusesWordsAndTypesItDoesNotKnow) {
    for (const char* text :
         {"[]", R"({"state": "done"})", R"({"execution": "fast"})", R"({"basis": 1})", R"({"accuracy": {}})", R"({"accuracy": []})",
          R"({"accuracy": {"metric": "m", "better": "up"}})", R"({"accuracy": {"metric": "m", "scores": [1], "weights": [1, 2]}})",
          R"({"speed": {"ci": [1]}})", R"({"speed": {"median_ms": "fast"}})", R"({"speed": {"blocks": 3}})",
          R"({"recipe": {"weights": 1}})", R"({"layers": [{}]})", R"({"id": "x"})"}) {
        const auto result = trialResultFromJson(*base::parseJson(text, "trial"));
        ASSERT_FALSE(result) << text;
        EXPECT_EQ(result.error().code, ErrorCode::Refused);
    }
}

TEST(Speed, ThroughputCountsSamples) {
    Speed speed;
    EXPECT_EQ(speed.throughput(), 0);
    speed.medianMs = 4;
    speed.batch = 16;
    EXPECT_DOUBLE_EQ(speed.throughput(), 4000);
}

TEST(Speed, EnergyIsToldOfASampleOrAToken) {
    Speed speed;
    speed.batch = 4;
    EXPECT_FALSE(joulesOf(speed, {})) << "none was measured";
    speed.power.emplace().energy = trace::Energy{{0.8, {0.4, 1.2}}, "energy counter", "NVML", "the board", 100, 8, 1.6, 300, 0, false};
    speed.power->clocks = trace::Clocks{"NVML", trace::Extent{1400, 1980}, {}, {}, true, {"power cap"}, {}, 9, 20, 0.01};
    speed.power->noClocks = "none";
    EXPECT_DOUBLE_EQ(joulesOf(speed, {})->value, 0.2);
    EXPECT_DOUBLE_EQ(joulesOf(speed, {})->interval.high, 0.3);
    recipe::RunSetting prompt;
    prompt.prompt = 10;
    EXPECT_DOUBLE_EQ(joulesOf(speed, prompt)->value, 0.02) << "4 sequences of 10 tokens";
    const Json json = speedToJson(speed, true);
    EXPECT_EQ(speedToJson(speedFromJson(json).value(), true), json);
    EXPECT_EQ(trace::clocksInWords(*speed.power->clocks), "1400 … 1980 MHz, held down by power cap");
}

TEST(Accuracy, OfAnOlderSessionBearsTodaysName) {
    Accuracy accuracy;
    accuracy.metric = "relative_error";
    EXPECT_EQ(accuracyFromJson(accuracyToJson(accuracy)).value().metric, "relative_l2");
    accuracy.metric = "exec:/bin/score";
    EXPECT_EQ(accuracyFromJson(accuracyToJson(accuracy)).value().metric, "exec:/bin/score");
}

}  // namespace
}  // namespace trimtab::trial
