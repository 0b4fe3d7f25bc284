#pragma once
// "fidelity": FidelityRequest → trace::FidelityProfile: a model under its recipe against the same model untouched, node by node.
#include "core/ipc/messages.h"
#include "core/trace/fidelity.h"

namespace trimtab::ipc {

struct FidelityRequest {
    ModelRequest model;
    std::string data;           // a dataset whose inputs both are run on (targets are not read); empty: inputs drawn from the seed
    std::int64_t samples = 16;  // drawn from the data by the setting's seed, or as many drawn inputs
    double thresholdDb = 40;    // below it a node counts as departed
};
Json toJson(const FidelityRequest& request);
/// Refused, naming the field, for less than one sample and a threshold beyond ±trace::kMostDecibels.
Result<FidelityRequest> fidelityRequestFromJson(const Json& json);

}  // namespace trimtab::ipc
