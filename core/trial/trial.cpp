#include "core/trial/trial.h"

#include "core/trial/number_json.h"

namespace trimtab::trial {
namespace {

template <class Word>
Result<Word> wordAt(const Json& json, std::string_view key, std::initializer_list<Word> words, Word fallback) {
    TRIMTAB_TRY(const std::string text, base::stringAt(json, key, std::string(name(fallback))));
    for (const Word word : words)
        if (name(word) == text) return word;
    return fail(ErrorCode::Refused, "\"" + std::string(key) + "\" cannot be \"" + text + "\"");
}

Status readHalves(TrialResult& result, const Json& json) {
    if (const Json* accuracy = base::memberAt(json, "accuracy")) {
        TRIMTAB_TRY(result.accuracy, accuracyFromJson(*accuracy));
    }
    if (const Json* difference = base::memberAt(json, "accuracy_difference")) {
        TRIMTAB_TRY(result.accuracyDifference, estimateFrom(*difference, "accuracy_difference"));
    }
    if (const Json* speed = base::memberAt(json, "speed")) {
        TRIMTAB_TRY(result.speed, speedFromJson(*speed));
    }
    if (const Json* layers = base::memberAt(json, "layers")) {
        TRIMTAB_TRY(result.layers, trace::layerRecordsFromJson(*layers));
    }
    if (const Json* environment = base::memberAt(json, "environment")) {
        TRIMTAB_TRY(result.environment, environmentFromJson(*environment));
    }
    return {};
}

}  // namespace

Json toJson(const Trial& trial) {
    Json json{{"recipe", recipe::toJson(trial.recipe)}, {"run", recipe::toJson(trial.setting)}, {"label", trial.label}};
    if (!trial.variant.empty()) json["variant"] = trial.variant;
    return json;
}

Result<Trial> trialFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "a trial must be an object");
    Trial trial;
    if (const Json* recipe = base::memberAt(json, "recipe")) {
        TRIMTAB_TRY(trial.recipe, recipe::fromJson(*recipe));
    }
    if (const Json* setting = base::memberAt(json, "run")) {
        TRIMTAB_TRY(trial.setting, recipe::runSettingFromJson(*setting));
    }
    TRIMTAB_TRY(trial.label, base::stringAt(json, "label", ""));
    TRIMTAB_TRY(trial.variant, base::stringAt(json, "variant", ""));
    return trial;
}

std::string identityOf(const Trial& trial) { return recipe::canonical(trial.recipe) + recipe::canonical(trial.setting) + trial.variant; }

bool sameTarget(const Trial& a, const Trial& b) { return a.variant == b.variant && a.recipe == b.recipe && a.setting == b.setting; }

std::string_view name(Basis basis) {
    switch (basis) {
        case Basis::Measured: return "measured";
        case Basis::Projected: return "projected";
        case Basis::Predicted: return "predicted";
        case Basis::Imported: return "imported";
    }
    return "measured";
}

std::string_view name(State state) {
    switch (state) {
        case State::Planned: return "planned";
        case State::Running: return "running";
        case State::Finished: return "finished";
        case State::Failed: return "failed";
    }
    return "planned";
}

Json toJson(const TrialResult& result, bool brief) {
    Json json = toJson(result.trial);
    json["id"] = result.id;
    json["state"] = std::string(name(result.state));
    json["execution"] = std::string(trace::name(result.execution));
    json["basis"] = std::string(name(result.basis));
    json["is_baseline"] = result.isBaseline;
    json["stale"] = result.stale;
    json["attempts"] = result.attempts;
    json["failure"] = result.failure;
    if (result.accuracy) json["accuracy"] = accuracyToJson(*result.accuracy, brief);
    if (result.accuracyDifference) json["accuracy_difference"] = encode(*result.accuracyDifference);
    if (result.speed) json["speed"] = speedToJson(*result.speed, brief);
    json["accuracy_key"] = result.accuracyKey;
    json["speed_key"] = result.speedKey;
    json["layers"] = trace::toJson(result.layers);
    json["size_bytes"] = result.sizeBytes;
    json["environment"] = toJson(result.environment);
    json["finished_at"] = result.finishedAt;
    return json;
}

Result<TrialResult> trialResultFromJson(const Json& json) {
    TrialResult result;
    TRIMTAB_TRY(result.trial, trialFromJson(json));
    TRIMTAB_TRY(result.id, base::integerAt(json, "id", 0));
    TRIMTAB_TRY(result.state, wordAt(json, "state", {State::Planned, State::Running, State::Finished, State::Failed}, State::Planned));
    TRIMTAB_TRY(result.execution,
                wordAt(json, "execution", {trace::Execution::Native, trace::Execution::Emulated}, trace::Execution::Native));
    TRIMTAB_TRY(result.basis,
                wordAt(json, "basis", {Basis::Measured, Basis::Projected, Basis::Predicted, Basis::Imported}, Basis::Measured));
    TRIMTAB_TRY(result.isBaseline, base::booleanAt(json, "is_baseline", false));
    TRIMTAB_TRY(result.stale, base::booleanAt(json, "stale", false));
    TRIMTAB_TRY(const std::int64_t attempts, base::integerAt(json, "attempts", 0));
    result.attempts = static_cast<int>(attempts);
    TRIMTAB_TRY(result.failure, base::stringAt(json, "failure", ""));
    TRIMTAB_REQUIRE(readHalves(result, json));
    TRIMTAB_TRY(result.accuracyKey, base::stringAt(json, "accuracy_key", ""));
    TRIMTAB_TRY(result.speedKey, base::stringAt(json, "speed_key", ""));
    TRIMTAB_TRY(result.sizeBytes, base::integerAt(json, "size_bytes", 0));
    TRIMTAB_TRY(result.finishedAt, base::stringAt(json, "finished_at", ""));
    return result;
}

}  // namespace trimtab::trial
