#include "core/base/metric.h"
#include "core/trial/number_json.h"
#include "core/trial/trial.h"
#include "core/trial/work_of_run.h"

namespace trimtab::trial {

Json placeJson(const Environment& environment) {
    return {{"engine", environment.engine}, {"engine_version", environment.engineVersion}, {"instruction_set", environment.instructionSet},
            {"threads", environment.threads}, {"device", environment.device}, {"host", environment.host}, {"system", environment.system}};
}

Json toJson(const Environment& environment) {
    Json json = placeJson(environment);
    if (environment.lastLevelCacheBytes) json["last_level_cache_bytes"] = *environment.lastLevelCacheBytes;
    return json;
}

Result<Environment> environmentFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "an environment must be an object");
    Environment environment;
    TRIMTAB_TRY(environment.engine, base::stringAt(json, "engine", ""));
    TRIMTAB_TRY(environment.engineVersion, base::stringAt(json, "engine_version", ""));
    TRIMTAB_TRY(environment.instructionSet, base::stringAt(json, "instruction_set", ""));
    TRIMTAB_TRY(const std::int64_t threads, base::integerAt(json, "threads", 0));
    environment.threads = static_cast<int>(threads);
    TRIMTAB_TRY(environment.device, base::stringAt(json, "device", ""));
    TRIMTAB_TRY(environment.host, base::stringAt(json, "host", ""));
    TRIMTAB_TRY(environment.system, base::stringAt(json, "system", ""));
    TRIMTAB_TRY(const std::int64_t cache, base::integerAt(json, "last_level_cache_bytes", 0));
    if (cache > 0) environment.lastLevelCacheBytes = cache;
    return environment;
}

Json windowsToJson(const base::TextWindows& windows) { return {{"window", windows.window}, {"stride", windows.stride}}; }

Result<std::optional<base::TextWindows>> windowsFromJson(const Json& json) {
    base::TextWindows windows;
    TRIMTAB_TRY(windows.window, base::integerAt(json, "window", 0));
    TRIMTAB_TRY(windows.stride, base::integerAt(json, "stride", 0));
    return windows.window > 0 ? std::optional(windows) : std::nullopt;
}

namespace {

Result<std::vector<Figure>> figuresFromJson(const Json& json) {
    std::vector<Figure> figures;
    const Json* also = base::memberAt(json, "also");
    if (!also) return figures;
    if (!also->is_object()) return fail(ErrorCode::Refused, "\"also\" must be an object");
    for (const auto& [metric, member] : also->items()) {
        Figure figure{metric, {}, 0};
        TRIMTAB_TRY(figure.estimate.value, realAt(member, "value", 0));
        TRIMTAB_TRY(figure.estimate.interval, intervalAt(member, "ci"));
        TRIMTAB_TRY(figure.n, base::integerAt(member, "n", 0));
        figures.push_back(std::move(figure));
    }
    return figures;
}

}  // namespace

Json accuracyToJson(const Accuracy& accuracy, bool brief) {
    Json json = {{"metric", accuracy.metric}, {"better", accuracy.higherIsBetter ? "higher" : "lower"}, {"fidelity", accuracy.fidelity},
                 {"value", encode(accuracy.value)}, {"ci", encode(accuracy.interval)}, {"n", accuracy.n}};
    if (accuracy.windows) json.update(windowsToJson(*accuracy.windows));
    if (accuracy.overData) json["over_data"] = true;
    for (const Figure& figure : accuracy.also)
        json["also"][figure.metric] = {{"value", encode(figure.estimate.value)}, {"ci", encode(figure.estimate.interval)}, {"n", figure.n}};
    if (brief) return json;
    json["scores"] = encode(accuracy.sampleScores);
    if (!accuracy.sampleWeights.empty()) json["weights"] = encode(accuracy.sampleWeights);
    return json;
}

Result<Accuracy> accuracyFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "an accuracy must be an object");
    Accuracy accuracy;
    TRIMTAB_TRY(const std::string metric, base::stringAt(json, "metric"));
    accuracy.metric = base::currentMetricName(metric);  // so that older sessions are compared with today's trials
    TRIMTAB_TRY(const std::string better, base::stringAt(json, "better", "higher"));
    if (better != "higher" && better != "lower") return fail(ErrorCode::Refused, "\"better\" must be higher or lower");
    accuracy.higherIsBetter = better == "higher";
    TRIMTAB_TRY(accuracy.fidelity, base::booleanAt(json, "fidelity", false));
    TRIMTAB_TRY(accuracy.value, realAt(json, "value", 0));
    TRIMTAB_TRY(accuracy.interval, intervalAt(json, "ci"));
    TRIMTAB_TRY(accuracy.n, base::integerAt(json, "n", 0));
    TRIMTAB_TRY(accuracy.windows, windowsFromJson(json));
    TRIMTAB_TRY(accuracy.overData, base::booleanAt(json, "over_data", false));
    TRIMTAB_TRY(accuracy.also, figuresFromJson(json));
    TRIMTAB_TRY(accuracy.sampleScores, realsAt(json, "scores"));
    TRIMTAB_TRY(accuracy.sampleWeights, realsAt(json, "weights"));
    if (!accuracy.sampleWeights.empty() && accuracy.sampleWeights.size() != accuracy.sampleScores.size())
        return fail(ErrorCode::Refused, "\"weights\" must be as many as \"scores\"");
    return accuracy;
}

std::optional<base::Estimate> joulesOf(const Speed& speed, const recipe::RunSetting& setting) {
    if (!speed.power || !speed.power->energy) return std::nullopt;
    base::Estimate joules = speed.power->energy->joulesPerRun;
    const auto work = static_cast<double>(workOfRun(speed.batch, setting).count);
    for (double* figure : {&joules.value, &joules.interval.low, &joules.interval.high}) *figure /= work;
    return joules;
}

Json speedToJson(const Speed& speed, bool brief) {
    Json json = {{"median_ms", encode(speed.medianMs)}, {"ci", encode(speed.medianInterval)}, {"n", speed.n}, {"batch", speed.batch},
                 {"baseline_batch", speed.baselineBatch}, {"baseline_key", speed.baselineKey},
                 {"speedup", encode(speed.speedup)}, {"outliers", speed.outliers}, {"throttled", speed.throttled},
                 {"throughput_sps", encode(speed.throughput())}};
    if (speed.p95Ms) json["p95_ms"] = encode(*speed.p95Ms);
    if (speed.power) json["power"] = trace::toJson(*speed.power);
    if (brief) return json;
    json["blocks"] = Json::array();
    for (const base::PairedBlock& block : speed.blocks) {
        Json entry = Json::object();
        entry["baseline"] = encode(block.baseline);
        entry["trial"] = encode(block.trial);
        json["blocks"].push_back(std::move(entry));
    }
    return json;
}

Result<Speed> speedFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "a speed must be an object");
    Speed speed;
    TRIMTAB_TRY(speed.medianMs, realAt(json, "median_ms", 0));
    TRIMTAB_TRY(speed.medianInterval, intervalAt(json, "ci"));
    TRIMTAB_TRY(speed.n, base::integerAt(json, "n", 0));
    TRIMTAB_TRY(speed.batch, base::integerAt(json, "batch", 1));
    TRIMTAB_TRY(speed.baselineBatch, base::integerAt(json, "baseline_batch", speed.batch));
    TRIMTAB_TRY(speed.baselineKey, base::stringAt(json, "baseline_key", ""));
    if (speed.batch < 1 || speed.baselineBatch < 1) return fail(ErrorCode::Refused, "a batch must be one or more");
    if (const Json* speedup = base::memberAt(json, "speedup")) {
        TRIMTAB_TRY(speed.speedup, estimateFrom(*speedup, "speedup"));
    }
    if (const Json* p95 = base::memberAt(json, "p95_ms")) {
        TRIMTAB_TRY(speed.p95Ms, estimateFrom(*p95, "p95_ms"));
    }
    if (const Json* power = base::memberAt(json, "power")) {
        TRIMTAB_TRY(speed.power, trace::powerOfTurnsFromJson(*power));
    }
    TRIMTAB_TRY(speed.outliers, base::integerAt(json, "outliers", 0));
    TRIMTAB_TRY(speed.throttled, base::booleanAt(json, "throttled", false));
    if (const Json* blocks = base::memberAt(json, "blocks")) {
        if (!blocks->is_array()) return fail(ErrorCode::Refused, "\"blocks\" must be a list");
        for (const Json& entry : *blocks) {
            base::PairedBlock block;
            TRIMTAB_TRY(block.baseline, realsAt(entry, "baseline"));
            TRIMTAB_TRY(block.trial, realsAt(entry, "trial"));
            speed.blocks.push_back(std::move(block));
        }
    }
    return speed;
}

}  // namespace trimtab::trial
