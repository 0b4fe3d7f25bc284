#pragma once
// Another length, or batch, than the largest that was measured: that at which each token, or sample, takes the least time. What grows with
// the square of the length makes long ones dearer than the same tokens in pieces; what is constant makes short ones dear.
#include <optional>
#include <string>
#include <vector>

#include "core/explain/scaling.h"

namespace trimtab::explain {

struct SizeAdvice {
    double size = 0;
    double speedup = 1;               // of each token or sample against the largest size measured; predicted from the fit
    std::string text;                 // "sequence of 256, not 2048"
    std::string because;              // "at 2048 the part that grows with the square takes 71 % of a run, most of it in …"
    std::vector<std::string> layers;  // whose parts those are, the largest first
};

/// Among halves of the largest size down to the smallest measured, and its double; nothing where none gains 3 % or more.
/// REQUIRES: sizes ascend, as fitScaling() wants them; `layers` of the same sizes.
std::optional<SizeAdvice> adviseSize(const std::string& symbol, const std::vector<double>& sizes, const ScalingFit& run,
                                     const std::vector<LayerScaling>& layers);

}  // namespace trimtab::explain
