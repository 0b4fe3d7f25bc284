#pragma once
// How time grows with the length of a sequence or with the batch: its constant, linear and quadratic part, for each layer and for the run.
#include <span>
#include <string>
#include <vector>

#include "core/base/statistics.h"
#include "core/trace/layer_record.h"

namespace trimtab::explain {

struct ScalingPoint {
    double size = 0;  // tokens, samples
    double ns = 0;
};

/// ns = constant + linear · n + quadratic · n², none of them negative: least squares of the relative errors, so that short and long runs
/// count alike.
struct ScalingFit {
    double constant = 0;    // ns
    double linear = 0;      // ns for each
    double quadratic = 0;   // ns for each pair
    double worstError = 0;  // the largest |fit − measured| / measured

    double at(double size) const { return constant + linear * size + quadratic * size * size; }
    /// The part that is largest at a size: 0, 1 or 2.
    int orderAt(double size) const;
};

/// Runs of several sizes in ms, each timed in turns with the largest: what slows the machine for a while meets both, so each is told as its
/// ratio to the largest, times what that took by itself. REQUIRES: as many blocks as sizes, with timings of both; the largest is last.
std::vector<ScalingPoint> besideLargest(const std::vector<double>& sizes, const std::vector<base::PairedBlock>& timings);

/// Corrects the layers of each size by as much as besideLargest() corrected their run, which they were timed beside. REQUIRES: as many
/// plans as points and blocks.
void layersBesideLargest(std::vector<std::vector<trace::LayerRecord>>& plans, std::span<const ScalingPoint> runs,
                         const std::vector<base::PairedBlock>& timings);

/// REQUIRES: three sizes or more, all different and positive, with positive times.
ScalingFit fitScaling(std::span<const ScalingPoint> points);

std::string_view orderName(int order);  // "constant", "linear", "quadratic"

/// The layers of plans for several sizes, matched by name.
struct LayerScaling {
    std::string node, op;
    std::vector<ScalingPoint> points;
    ScalingFit fit;
};
/// Of layers that were timed at every size; in the order of the first plan. REQUIRES: as many plans as sizes, three or more.
std::vector<LayerScaling> scalingOf(const std::vector<double>& sizes, const std::vector<std::vector<trace::LayerRecord>>& plans);

}  // namespace trimtab::explain
