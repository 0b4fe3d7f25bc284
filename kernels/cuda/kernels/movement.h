#pragma once
// Kernels that move elements without looking at them. elementBytes: 1, 2, 4 or 8.
#include <array>
#include <cstdint>

#include "core/tensor/data_type.h"
#include "kernels/cuda/device/device.h"
#include "kernels/cuda/kernels/expression.h"

namespace trimtab::cuda {

struct StridedCopy {
    int elementBytes = 4;
    int rank = 0;
    std::array<std::int64_t, kMaxRank> extents{};
    std::array<std::int64_t, kMaxRank> fromStrides{};  // in elements; may be 0 or negative
    std::array<std::int64_t, kMaxRank> toStrides{};
    std::int64_t fromOffset = 0;  // in elements
    std::int64_t toOffset = 0;
};
/// to[toOffset + Σ i·toStrides] = from[fromOffset + Σ i·fromStrides] for every index below extents. Axes are merged and, where both sides
/// are contiguous, copied 16 bytes at a time; transpositions of the last two axes go through a shared tile. Serves Transpose, Slice,
/// Expand, Split, Concat, Pad (after a fill).
Status launchStridedCopy(Stream stream, const StridedCopy& copy, const void* from, void* to);

/// count elements of `value`'s low bytes.
Status launchFill(Stream stream, int elementBytes, std::int64_t count, std::uint64_t value, void* to);

/// to[o, i, k] = from[o, indices[i], k] for [outer, axis, inner] and `count` indices (Int32 or Int64; negative ones count from the back).
/// An index out of range reads nothing, writes zero bytes and stores `faultCode` to *fault.
struct Gather {
    int elementBytes = 4;
    std::int64_t outer = 1, axis = 1, inner = 1, count = 0;
    DataType indexType = DataType::Int64;
    int faultCode = 1;
};
Status launchGather(Stream stream, const Gather& gather, const void* from, const void* indices, void* to, int* fault);

/// GatherElements: to[o, i, k] = from[o, indices[o, i, k], k] over [outer, count, inner] (indices have the extents of `to`; the same outer
/// and inner on both sides).
Status launchGatherElements(Stream stream, const Gather& gather, const void* from, const void* indices, void* to, int* fault);

/// GatherND: to[i, k] = from[indices[i, 0], …, indices[i, depth − 1], k] for [extents…, inner] and `count` tuples of indices, as above.
struct GatherNd {
    static constexpr int kMostDepth = 4;
    int elementBytes = 4;
    int depth = 1;
    std::array<std::int64_t, kMostDepth> extents{};
    std::int64_t inner = 1, count = 0;
    DataType indexType = DataType::Int64;
    int faultCode = 1;
};
Status launchGatherNd(Stream stream, const GatherNd& gather, const void* from, const void* indices, void* to, int* fault);

}  // namespace trimtab::cuda
