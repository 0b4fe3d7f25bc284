#pragma once
// The index space that several arrays are walked in together, reduced to as few axes as their strides allow. Plain host code.
#include <array>
#include <cstdint>
#include <vector>

#include "kernels/cuda/kernels/expression.h"

namespace trimtab::cuda {

using Strides = std::array<std::int64_t, kMaxRank>;

struct MergedAxes {
    int rank = 0;                                  // 0 for a single element
    std::array<std::int64_t, kMaxRank> extents{};  // outermost first
    std::vector<Strides> arrays;                   // strides of each array along these axes, in elements

    std::int64_t count() const;
    /// Σ (extent − 1)·|stride| of one array: the distance between its first and last element reached. REQUIRES: count() > 0.
    std::int64_t span(std::size_t array) const;
};

/// Leaves out axes of extent 1 and joins neighbours that every array walks as one (stride of the outer = stride · extent of the inner).
/// REQUIRES: no extent is 0.
void mergeAxes(MergedAxes& axes);

/// True when every place and every offset of every array is below 2³¹.
bool fitsNarrowIndex(const MergedAxes& axes);

/// Brings axis `from` to place `to`; the axes between move up.
void moveAxis(MergedAxes& axes, int from, int to);

}  // namespace trimtab::cuda
