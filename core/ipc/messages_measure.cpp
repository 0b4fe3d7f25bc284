// RunRequest, BenchRequest, BenchAnswer, PlanAnswer.
#include "core/ipc/json_fields.h"
#include "core/ipc/messages.h"

namespace trimtab::ipc {
namespace {

Result<std::vector<trace::LayerRecord>> layersAt(const Json& json, std::string_view key) {
    const Json* member = base::memberAt(json, key);
    if (!member) return std::vector<trace::LayerRecord>{};
    return trace::layerRecordsFromJson(*member);
}

}  // namespace

Json toJson(const RunRequest& request) {
    return {{"model", toJson(request.model)}, {"input_files", request.inputFiles}, {"save_outputs", request.saveOutputs}};
}

Result<RunRequest> runRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a run request"));
    RunRequest request;
    TRIMTAB_TRY(request.model, modelRequestAt(json, "model"));
    TRIMTAB_TRY(request.inputFiles, stringMapAt(json, "input_files"));
    TRIMTAB_TRY(request.saveOutputs, base::stringAt(json, "save_outputs", ""));
    return request;
}

Json toJson(const BenchRequest& request) {
    Json json{{"model", toJson(request.model)},
              {"input_files", request.inputFiles},
              {"seconds", encode(request.seconds)},
              {"trace_layers", request.traceLayers},
              {"power", request.power}};
    if (request.baseline) json["baseline"] = trial::toJson(*request.baseline);
    if (!request.baselineModel.empty()) json["baseline_model"] = request.baselineModel;
    return json;
}

Result<BenchRequest> benchRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a bench request"));
    BenchRequest request;
    TRIMTAB_TRY(request.model, modelRequestAt(json, "model"));
    TRIMTAB_TRY(request.inputFiles, stringMapAt(json, "input_files"));
    TRIMTAB_TRY(request.seconds, realAt(json, "seconds", request.seconds));
    TRIMTAB_TRY(request.traceLayers, base::booleanAt(json, "trace_layers", true));
    TRIMTAB_TRY(request.power, base::booleanAt(json, "power", false));
    if (const Json* baseline = base::memberAt(json, "baseline")) {
        TRIMTAB_TRY(request.baseline, trial::trialFromJson(*baseline));
    }
    TRIMTAB_TRY(request.baselineModel, base::stringAt(json, "baseline_model", ""));
    if (!(request.seconds > 0 && request.seconds <= 3600))
        return fail(ErrorCode::Refused, "the time to measure must lie between 0 and 3600 seconds");
    return request;
}

Json toJson(const BenchAnswer& answer) {
    return {{"timings", encode(answer.timings)},
            {"layers", trace::toJson(answer.layers)},
            {"batch", answer.batch},
            {"baseline_batch", answer.baselineBatch},
            {"throttled", answer.throttled},
            {"environment", trial::toJson(answer.environment)},
            {"weight_bytes", answer.weightBytes},
            {"arena_bytes", answer.arenaBytes},
            {"power", trace::toJson(answer.power)}};
}

Result<BenchAnswer> benchAnswerFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a bench answer"));
    BenchAnswer answer;
    TRIMTAB_TRY(answer.timings, blockAt(json, "timings"));
    TRIMTAB_TRY(answer.layers, layersAt(json, "layers"));
    TRIMTAB_TRY(answer.batch, base::integerAt(json, "batch", 1));
    TRIMTAB_TRY(answer.baselineBatch, base::integerAt(json, "baseline_batch", 1));
    TRIMTAB_TRY(answer.throttled, base::booleanAt(json, "throttled", false));
    TRIMTAB_TRY(answer.environment, environmentAt(json));
    TRIMTAB_TRY(answer.weightBytes, base::integerAt(json, "weight_bytes", 0));
    TRIMTAB_TRY(answer.arenaBytes, base::integerAt(json, "arena_bytes", 0));
    if (const Json* power = base::memberAt(json, "power")) {
        TRIMTAB_TRY(answer.power, trace::powerOfTurnsFromJson(*power));
    }
    return answer;
}

Json toJson(const PlanAnswer& answer) {
    return {{"layers", trace::toJson(answer.layers)},
            {"plan_key", answer.planKey},
            {"numerics_key", answer.numericsKey},
            {"scales_per_batch", answer.scalesPerBatch},
            {"size_bytes", answer.sizeBytes},
            {"environment", trial::toJson(answer.environment)}};
}

Result<PlanAnswer> planAnswerFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a plan"));
    PlanAnswer answer;
    TRIMTAB_TRY(answer.layers, layersAt(json, "layers"));
    TRIMTAB_TRY(answer.planKey, base::stringAt(json, "plan_key"));
    TRIMTAB_TRY(answer.numericsKey, base::stringAt(json, "numerics_key"));
    TRIMTAB_TRY(answer.scalesPerBatch, base::booleanAt(json, "scales_per_batch", false));
    TRIMTAB_TRY(answer.sizeBytes, base::integerAt(json, "size_bytes"));
    TRIMTAB_TRY(answer.environment, environmentAt(json));
    return answer;
}

}  // namespace trimtab::ipc
