#include "core/tune/pareto.h"

#include <cmath>
#include <optional>

#include "core/explain/compare.h"
#include "core/trial/calibration_note.h"
#include "core/trial/work_of_run.h"

namespace trimtab::tune {
namespace {

using trial::TrialResult;

constexpr const char* kNoAccuracy = "no accuracy";

// Why a row cannot enter any front; empty when it can.
std::string obstacle(const TrialResult& result, bool needsSpeed) {
    if (result.state == trial::State::Failed) return "failed";
    if (result.state != trial::State::Finished) return "not finished";
    if (result.execution == trace::Execution::Emulated) return "emulated";
    if (result.basis != trial::Basis::Measured) return std::string(trial::name(result.basis));
    if (result.stale) return "stale";
    if (!result.accuracy) return kNoAccuracy;
    if (!std::isfinite(result.accuracy->value)) return "its score is no number";
    if (needsSpeed && !result.speed) return "no speed";
    return {};
}

// Shorter inputs, or a step behind a prompt instead of the prompt, are less work, no speed-up.
bool doesSameWork(const TrialResult& a, const TrialResult& b) {
    const recipe::RunSetting &one = a.trial.setting, &other = b.trial.setting;
    return one.prompt == other.prompt && one.generate == other.generate && one.shapes == other.shapes && one.symbols == other.symbols;
}

bool isSmaller(const TrialResult& a, const TrialResult& b) {
    const explain::Verdict accuracy = explain::compareAccuracy(*a.accuracy, *b.accuracy);
    if (a.sizeBytes > b.sizeBytes || accuracy == explain::Verdict::Worse) return false;
    return a.sizeBytes < b.sizeBytes || accuracy == explain::Verdict::Better;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json rowJson(const TrialResult& result, const ParetoRow& row) {
    Json json{{"trial", row.trial},
              {"label", row.label},
              {"recipe", recipe::toJson(result.trial.recipe)},
              {"engine", result.trial.setting.engine},
              {"execution", trace::name(result.execution)},
              {"basis", trial::name(result.basis)},
              {"stale", result.stale},
              {"latency_ms", Json()},
              {"throughput_sps", Json()},
              {"accuracy", Json()},
              {"size_bytes", result.sizeBytes},
              {"speedup", Json()},
              {"joules", Json()},
              {"on_front", row.onFront},
              {"left_out_because", row.leftOutBecause},
              {"baseline", result.isBaseline}};
    if (!row.calibration.empty()) json["calibration"] = row.calibration;
    if (!row.weights.empty()) json["weights"] = row.weights;
    if (!result.trial.variant.empty()) json["variant"] = result.trial.variant;
    if (result.accuracy) {
        const trial::Accuracy& accuracy = *result.accuracy;
        json["accuracy"] = {{"metric", accuracy.metric},
                            {"value", number(accuracy.value)},
                            {"low", number(accuracy.interval.low)},
                            {"high", number(accuracy.interval.high)},
                            {"better", accuracy.higherIsBetter ? "higher" : "lower"},
                            {"fidelity", accuracy.fidelity}};
        if (accuracy.windows) json["accuracy"].update(trial::windowsToJson(*accuracy.windows));
    }
    if (result.speed) {
        const trial::Speed& speed = *result.speed;
        json["latency_ms"] = number(speed.medianMs);
        json["throughput_sps"] = number(speed.throughput());
        json["speedup"] = {{"ratio", number(speed.speedup.value)},
                           {"low", number(speed.speedup.interval.low)},
                           {"high", number(speed.speedup.interval.high)}};
        if (const auto joules = trial::joulesOf(speed, result.trial.setting))
            json["joules"] = {{"value", number(joules->value)},
                              {"low", number(joules->interval.low)},
                              {"high", number(joules->interval.high)},
                              {"of", trial::workOfRun(speed.batch, result.trial.setting).unit}};
    }
    return json;
}

}  // namespace

Result<std::vector<ParetoRow>> paretoRows(const std::vector<TrialResult>& results, std::string_view x) {
    const bool bySize = x == "size_bytes";
    if (!bySize && x != "latency_ms" && x != "throughput_sps")
        return fail(ErrorCode::Usage, "the x axis can be latency_ms, throughput_sps or size_bytes, not \"" + std::string(x) + "\"");
    const auto axis = x == "throughput_sps" ? explain::SpeedAxis::Throughput : explain::SpeedAxis::Latency;
    std::vector<ParetoRow> rows;
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i < results.size(); ++i) {
        rows.push_back({results[i].id, results[i].trial.label, false, obstacle(results[i], !bySize)});
        if (rows.back().leftOutBecause.empty()) candidates.push_back(i);
    }
    for (const std::size_t i : candidates) {
        std::optional<std::size_t> better;
        for (const std::size_t j : candidates) {
            if (i == j) continue;
            const bool isBetter = bySize ? isSmaller(results[j], results[i])
                                         : doesSameWork(results[j], results[i]) && explain::dominates(results[j], results[i], axis);
            if (isBetter) {
                better = j;
                break;
            }
        }
        rows[i].onFront = !better;
        if (better) rows[i].leftOutBecause = "dominated by " + std::to_string(results[*better].id);
    }
    return rows;
}

void noteStudy(std::vector<ParetoRow>& rows, const trial::Study& study, const std::vector<TrialResult>& results) {
    const std::string drawn = trial::randomWeightsNote(study);
    for (std::size_t i = 0; i < rows.size() && i < results.size(); ++i) {
        rows[i].calibration = trial::calibrationNote(study, results[i].trial.recipe);
        rows[i].weights = drawn;
        if (!drawn.empty() && rows[i].leftOutBecause == kNoAccuracy) rows[i].leftOutBecause = drawn;
    }
}

Json paretoJson(const std::vector<TrialResult>& results, const std::vector<ParetoRow>& rows) {
    Json json = Json::array();
    for (std::size_t i = 0; i < results.size() && i < rows.size(); ++i) json.push_back(rowJson(results[i], rows[i]));
    return json;
}

}  // namespace trimtab::tune
