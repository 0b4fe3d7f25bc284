#pragma once
// The whole run with the transposes that cancel one another left out.
#include <string>
#include <vector>

#include "core/base/statistics.h"

namespace trimtab::trial {

struct Reordering {
    std::vector<std::string> gone;  // nodes of the model; empty: none cancel, and nothing was timed
    base::Estimate time;            // of such a run over that of one as it is, in turns
    std::string refusal;            // why there is no time though some cancel
};

}  // namespace trimtab::trial
