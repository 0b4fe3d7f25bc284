#include "core/trial/layer_trial.h"

#include "core/trace/json_names.h"
#include "core/trial/number_json.h"

namespace trimtab::trial {

Json toJson(const LayerTrial& trial) {
    Json json = {{"nodes", trial.nodes}, {"stretch", trial.stretch}, {"option", toJson(trial.option)}};
    if (!trial.refusal.empty()) {
        json["refusal"] = trial.refusal;
        return json;
    }
    json["execution"] = std::string(trace::name(trial.execution));
    json["reason"] = trial.reason;
    json["saved"] = encode(trial.saved);
    json["untreated_ns"] = encode(trial.untreatedNs);
    return json;
}

Result<LayerTrial> layerTrialFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "a trial of a layer must be an object");
    LayerTrial trial;
    TRIMTAB_TRY(trial.nodes, trace::namesAt(json, "nodes"));
    TRIMTAB_TRY(trial.stretch, trace::namesAt(json, "stretch"));
    const Json* option = base::memberAt(json, "option");
    if (!option) return fail(ErrorCode::Refused, "option is missing");
    TRIMTAB_TRY(trial.option, sensitivityOptionFromJson(*option));
    TRIMTAB_TRY(trial.refusal, base::stringAt(json, "refusal", ""));
    if (!trial.refusal.empty()) return trial;
    const Json* execution = base::memberAt(json, "execution");
    if (execution && *execution == trace::name(trace::Execution::Emulated)) trial.execution = trace::Execution::Emulated;
    TRIMTAB_TRY(trial.reason, base::stringAt(json, "reason", ""));
    const Json* saved = base::memberAt(json, "saved");
    if (!saved) return fail(ErrorCode::Refused, "saved is missing");
    TRIMTAB_TRY(trial.saved, estimateFrom(*saved, "saved"));
    TRIMTAB_TRY(trial.untreatedNs, realAt(json, "untreated_ns", 0));
    return trial;
}

}  // namespace trimtab::trial
