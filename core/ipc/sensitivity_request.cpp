#include "core/ipc/sensitivity_request.h"

#include "core/ipc/json_fields.h"

namespace trimtab::ipc {

Json toJson(const SensitivityRequest& request) {
    Json json = {{"model", toJson(request.model)},
                 {"data", request.data},
                 {"metric", request.metric},
                 {"batch", request.batch},
                 {"samples", request.samples},
                 {"seconds_per_cell", encode(request.secondsPerCell)},
                 {"options", Json::array()}};
    for (const auto& option : request.options) json["options"].push_back(trial::toJson(option));
    return json;
}

Result<SensitivityRequest> sensitivityRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a sensitivity request"));
    SensitivityRequest request;
    TRIMTAB_TRY(request.model, modelRequestAt(json, "model"));
    if (!request.model.recipe.isIdentity())
        return fail(ErrorCode::Refused, "sensitivity holds options against the model as it is: give no recipe, or say it as an option");
    TRIMTAB_TRY(request.data, base::stringAt(json, "data", ""));
    TRIMTAB_TRY(request.metric, base::stringAt(json, "metric", ""));
    TRIMTAB_TRY(request.batch, base::integerAt(json, "batch", request.batch));
    TRIMTAB_TRY(request.samples, base::integerAt(json, "samples", 0));
    TRIMTAB_TRY(request.secondsPerCell, realAt(json, "seconds_per_cell", request.secondsPerCell));
    if (request.batch < 1 || request.samples < 0) return fail(ErrorCode::Refused, "batch must be 1 or more and samples 0 or more");
    if (!(request.secondsPerCell >= 0 && request.secondsPerCell <= 60)) return fail(ErrorCode::Refused, "seconds_per_cell must be 0 to 60");
    const Json* options = base::memberAt(json, "options");
    if (!options || !options->is_array() || options->empty() || options->size() > 64)
        return fail(ErrorCode::Refused, "options must be a list of 1 to 64 recipes");
    for (const Json& option : *options) {
        TRIMTAB_TRY(auto read, trial::sensitivityOptionFromJson(option));
        request.options.push_back(std::move(read));
    }
    return request;
}

}  // namespace trimtab::ipc
