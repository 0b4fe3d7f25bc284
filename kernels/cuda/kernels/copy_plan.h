#pragma once
// How a strided copy is walked: merged axes, elements joined into larger ones, and a transposition's two axes. Plain host code.
#include "kernels/cuda/kernels/merged_axes.h"
#include "kernels/cuda/kernels/movement.h"

namespace trimtab::cuda {

struct CopyPlan {
    MergedAxes axes;              // arrays[0]: from, arrays[1]: to; in units
    int unitBytes = 0;            // 1, 2, 4, 8 or 16
    std::int64_t fromOffset = 0;  // in units
    std::int64_t toOffset = 0;
    bool tiled = false;  // the last two axes are a transposition: `to` is contiguous along the last, `from` along the one before
    int tilePack = 1;    // neighbours that a tile's threads move at once on both sides: 1, or as many as fill 4 bytes
    bool wide = false;   // places or offsets need 64 bits
};

/// REQUIRES: no extent is 0; rank ≤ kMaxRank.
CopyPlan planCopy(const StridedCopy& copy, const void* from, const void* to);

}  // namespace trimtab::cuda
