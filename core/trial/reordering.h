#pragma once
// What was tried on the whole run, because it is of no single layer: transposes that cancel one another left out, units removed.
#include <string>
#include <vector>

#include "core/base/statistics.h"
#include "core/trial/sensitivity.h"

namespace trimtab::trial {

struct Reordering {
    std::vector<std::string> gone;  // nodes of the model; empty: none cancel, and nothing was timed
    base::Estimate time;            // of such a run over that of one as it is, in turns
    std::string refusal;            // why there is no time though some cancel
};

struct Removal {
    SensitivityOption option;
    base::Estimate time;  // of such a run over that of one as it is, in turns
    std::string refusal;  // why there is no time
};

}  // namespace trimtab::trial
