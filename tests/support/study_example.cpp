#include "tests/support/study_example.h"

#include <cassert>

namespace trimtab::support {
namespace {

trial::Speed speedOf(double milliseconds) {
    trial::Speed speed;
    speed.medianMs = milliseconds;
    speed.medianInterval = {milliseconds * 0.98, milliseconds * 1.03};
    speed.batch = 16;
    for (int process = 0; process < 5; ++process) {
        const double drift = 1 + 0.01 * process;
        speed.blocks.push_back(
            {{10 * drift, 10.1 * drift, 10.05 * drift}, {milliseconds * drift, milliseconds * drift * 1.01, milliseconds * drift * 1.005}});
    }
    speed.n = 15;
    speed.speedup = base::pairedSpeedup(speed.blocks);
    return speed;
}

trial::Accuracy accuracyOf(double share) {
    trial::Accuracy accuracy;
    accuracy.metric = "top1";
    accuracy.value = share;
    accuracy.n = 200;
    for (int i = 0; i < 200; ++i) accuracy.sampleScores.push_back(i < share * 200 ? 1 : 0);
    accuracy.interval = base::bootstrapMean(accuracy.sampleScores).interval;
    return accuracy;
}

trial::TrialResult resultOf(const char* recipe, const char* label) {
    trial::TrialResult result;
    auto parsed = recipe::parse(recipe);
    assert(parsed);
    result.trial.recipe = *parsed;
    result.trial.label = label;
    result.trial.setting.batch = 16;
    result.state = trial::State::Finished;
    result.attempts = 1;
    result.sizeBytes = 4000000;
    result.accuracyKey = std::string("accuracy-") + label;
    result.speedKey = std::string("speed-") + label;
    result.finishedAt = "2026-01-02T03:04:05Z";
    result.environment = {"cpu", "0.1.0, oneDNN 2.6.3", "avx512_core_vnni", 2, "Example processor", "abc", "Example system"};
    trace::LayerRecord layer;
    layer.node = "conv<1>";
    layer.op = "FusedConv";
    layer.origins = {"/conv1/Conv", "/relu/Relu"};
    layer.kernel = "onednn conv";
    layer.parameters = 1000;
    layer.weightBytes = 4000;
    layer.medianNs = 1500000;
    layer.share = 0.4;
    result.layers = {layer};
    return result;
}

}  // namespace

trial::Study exampleStudy() {
    trial::Study study;
    study.name = "Example study";
    study.modelPath = "/models/example.onnx";
    study.modelHash = "0123456789abcdef0123456789abcdef";
    study.modelName = "example";
    study.dataPath = "/data/example";
    study.dataHash = "fedcba9876543210";
    study.metric = "top1";
    study.axes = {*trial::parseAxis("weights.bits=32,8,3")};
    study.createdAt = "2026-01-02T03:00:00Z";
    return study;
}

std::vector<trial::TrialResult> exampleResults() {
    std::vector<trial::TrialResult> results;
    results.push_back(resultOf("{}", "as is"));
    results.back().isBaseline = true;
    results.back().accuracy = accuracyOf(0.95);
    results.back().speed = speedOf(10);

    results.push_back(resultOf(R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8"})", "int8 × int8"));
    results.back().accuracy = accuracyOf(0.94);
    results.back().speed = speedOf(4);

    results.push_back(resultOf(R"({"prune": {"ratio": 0.9}})", "prune 90 %"));
    results.back().accuracy = accuracyOf(0.5);
    results.back().speed = speedOf(9.9);

    results.push_back(resultOf(R"({"weights": {"bits": 3}})", "int3"));
    results.back().accuracy = accuracyOf(0.8);
    results.back().execution = trace::Execution::Emulated;

    results.push_back(resultOf(R"({"weights": {"bits": 2}})", "int2"));
    results.back().state = trial::State::Failed;
    results.back().failure = "the worker ended twice (signal 9)";
    results.back().layers.clear();
    for (trial::TrialResult& result : results)
        if (result.accuracy)
            result.accuracyDifference = base::pairedDifference(results[0].accuracy->sampleScores, result.accuracy->sampleScores);
    return results;
}

}  // namespace trimtab::support
