#pragma once
// What an option saves on one unit of layers, tried on that stretch of the model alone. Values only; a worker measures them, core/explain
// makes advice of them.
#include <string>
#include <vector>

#include "core/trial/sensitivity.h"

namespace trimtab::trial {

struct LayerTrial {
    std::vector<std::string> nodes;  // of the unit, by the names that recipes act on
    std::vector<std::string> stretch;  // all nodes that were timed: the unit's, and those up to the next unit
    SensitivityOption option;
    std::string refusal;             // why the option does not go with it; the rest is empty then
    trace::Execution execution = trace::Execution::Native;
    std::string reason;              // why emulated, or what the kernel's choice says
    base::Estimate saved;            // share of the stretch's time that the option saves, below 1; below 0 where it costs time
    double untreatedNs = 0;          // of the stretch as it is; 0 where nothing was timed
};

Json toJson(const LayerTrial& trial);
Result<LayerTrial> layerTrialFromJson(const Json& json);

}  // namespace trimtab::trial
