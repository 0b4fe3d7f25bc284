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
    double speedup = 1;               // of each token or sample against the largest size measured
    std::string text;                 // "sequence of 256, not 2048"
    std::string because;              // "at 2048 the part that grows with the square takes 71 % of a run, most of it in …"
    std::vector<std::string> layers;  // whose parts those are, the largest first
};

/// Among the sizes measured, by the times that they took (kernels change with the size, and a fit over all of them smooths that away), and
/// twice the largest, by the fit; nothing where none gains 3 % or more. REQUIRES: `runs` ascend, as fitScaling() wants them, and `fit` is
/// theirs; `layers` of the same sizes.
std::optional<SizeAdvice> adviseSize(const std::string& symbol, const std::vector<ScalingPoint>& runs, const ScalingFit& fit,
                                     const std::vector<LayerScaling>& layers);

}  // namespace trimtab::explain
