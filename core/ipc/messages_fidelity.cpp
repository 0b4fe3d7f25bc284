#include "core/ipc/messages_fidelity.h"

#include <cmath>

#include "core/ipc/json_fields.h"

namespace trimtab::ipc {

Json toJson(const FidelityRequest& request) {
    return {{"model", toJson(request.model)},
            {"data", request.data},
            {"samples", request.samples},
            {"threshold_db", encode(request.thresholdDb)}};
}

Result<FidelityRequest> fidelityRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a fidelity request"));
    FidelityRequest request;
    TRIMTAB_TRY(request.model, modelRequestAt(json, "model"));
    TRIMTAB_TRY(request.data, base::stringAt(json, "data", ""));
    TRIMTAB_TRY(request.samples, base::integerAt(json, "samples", request.samples));
    TRIMTAB_TRY(request.thresholdDb, realAt(json, "threshold_db", request.thresholdDb));
    if (request.samples < 1) return fail(ErrorCode::Refused, "\"samples\" must be 1 or more");
    if (!(std::abs(request.thresholdDb) <= trace::kMostDecibels))
        return fail(ErrorCode::Refused, "\"threshold_db\" must lie between -150 and 150");
    return request;
}

}  // namespace trimtab::ipc
