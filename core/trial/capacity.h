#pragma once
// A model that does not fit into the memory there is, and what each option makes of it as a whole. Values only; a worker tries them.
#include <string>
#include <vector>

#include "core/trial/sensitivity.h"

namespace trimtab::trial {

/// An option on every layer that it goes with.
struct FitTrial {
    SensitivityOption option;
    std::string refusal;  // why it does not fit either, or does not go with the model; the rest is empty then
    trace::Execution execution = trace::Execution::Native;
    double runNs = 0;     // median of a few runs
    std::int64_t weightBytes = 0, arenaBytes = 0;
};

struct Capacity {
    std::string problem;          // empty: the model fits
    std::int64_t limitBytes = 0;  // of the process; 0: not known
    std::vector<FitTrial> options;

    bool fits() const { return problem.empty(); }
};

Json toJson(const Capacity& capacity);
Result<Capacity> capacityFromJson(const Json& json);

}  // namespace trimtab::trial
