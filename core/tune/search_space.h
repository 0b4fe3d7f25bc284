#pragma once
// Axes → trials. Combinations without meaning (int8 products of 4-bit weights, …) are left out and listed with their reason, and so are
// those that come to the same trial as one before.
#include <string>
#include <vector>

#include "core/trial/study.h"

namespace trimtab::tune {

struct SkippedPoint {
    std::string point;   // "weights.bits=4 compute=int8"
    std::string reason;
};

struct Grid {
    std::vector<trial::Trial> trials;  // the baseline first, then in axis order (first axis slowest), then variants by the run.* axes
    std::vector<SkippedPoint> skipped;
};

/// "compute=int8" sets activations.bits = 8 and, where weights.bits is not given, weights.bits = 8 by itself.
/// weights.bits=16 takes the format that goes with compute unless weights.format says another: "fp16" for fp16, else "bf16".
Result<Grid> expandGrid(const trial::Study& study);

}  // namespace trimtab::tune
