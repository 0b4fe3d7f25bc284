#pragma once
// "sensitivity": SensitivityRequest → trial::SensitivityTable.
#include <string>
#include <vector>

#include "core/ipc/messages.h"
#include "core/trial/sensitivity.h"

namespace trimtab::ipc {

struct SensitivityRequest {
    ModelRequest model;         // its recipe must be the identity: options are held against the model as it is
    std::string data;           // empty: fidelity on seeded inputs
    std::string metric;         // empty: the dataset's own, or "agreement"
    std::int64_t batch = 16;
    std::int64_t samples = 0;   // 0: all; else drawn by the setting's seed; for fidelity 64 unless said
    double secondsPerCell = 0.1;  // of timing, treated and untreated together; 0: no timing
    std::vector<trial::SensitivityOption> options;
};
Json toJson(const SensitivityRequest& request);
Result<SensitivityRequest> sensitivityRequestFromJson(const Json& json);

}  // namespace trimtab::ipc
