#include "core/trial/capacity.h"

#include "core/trial/number_json.h"

namespace trimtab::trial {
namespace {

Json toJson(const FitTrial& trial) {
    Json json = {{"option", toJson(trial.option)}};
    if (!trial.refusal.empty()) {
        json["refusal"] = trial.refusal;
        return json;
    }
    json["execution"] = std::string(trace::name(trial.execution));
    json["run_ns"] = encode(trial.runNs);
    json["weight_bytes"] = trial.weightBytes;
    json["arena_bytes"] = trial.arenaBytes;
    return json;
}

Result<FitTrial> fitTrialFromJson(const Json& json) {
    const Json* option = base::memberAt(json, "option");
    if (!option) return fail(ErrorCode::Refused, "option is missing");
    FitTrial trial;
    TRIMTAB_TRY(trial.option, sensitivityOptionFromJson(*option));
    TRIMTAB_TRY(trial.refusal, base::stringAt(json, "refusal", ""));
    if (!trial.refusal.empty()) return trial;
    const Json* execution = base::memberAt(json, "execution");
    if (execution && *execution == trace::name(trace::Execution::Emulated)) trial.execution = trace::Execution::Emulated;
    TRIMTAB_TRY(trial.runNs, realAt(json, "run_ns", 0));
    TRIMTAB_TRY(trial.weightBytes, base::integerAt(json, "weight_bytes", 0));
    TRIMTAB_TRY(trial.arenaBytes, base::integerAt(json, "arena_bytes", 0));
    return trial;
}

}  // namespace

Json toJson(const Capacity& capacity) {
    Json options = Json::array();
    for (const FitTrial& trial : capacity.options) options.push_back(toJson(trial));
    return {{"problem", capacity.problem}, {"limit_bytes", capacity.limitBytes}, {"options", std::move(options)}};
}

Result<Capacity> capacityFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "a capacity must be an object");
    Capacity capacity;
    TRIMTAB_TRY(capacity.problem, base::stringAt(json, "problem", ""));
    TRIMTAB_TRY(capacity.limitBytes, base::integerAt(json, "limit_bytes", 0));
    const Json* options = base::memberAt(json, "options");
    if (!options || !options->is_array()) return fail(ErrorCode::Refused, "options must be a list");
    for (const Json& option : *options) {
        TRIMTAB_TRY(FitTrial trial, fitTrialFromJson(option));
        capacity.options.push_back(std::move(trial));
    }
    return capacity;
}

}  // namespace trimtab::trial
