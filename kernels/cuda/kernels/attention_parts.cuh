#pragma once
// How the decode kernels end: each warp has a running softmax over its own keys (largest score, sum of exponentials, weighted sum of
// values); a block joins its warps, and when the keys are divided among blocks, leaves its part in the workspace:
//   sums [items, parts, kDecodeRows, D], then (largest, sum) [items, parts, kDecodeRows, 2], all Float32.
#include "kernels/cuda/kernels/attention_paths.h"
#include "kernels/cuda/kernels/attention_rows.cuh"

namespace trimtab::cuda {

/// Where a block stands in the grid (parts, kvHeads · rowTiles, batch).
struct DecodePlace {
    int batch, kvHead, firstRow, rows, item;
};
__device__ __forceinline__ DecodePlace decodePlace(const AttentionView& a, int rowTiles) {
    DecodePlace place;
    place.batch = static_cast<int>(blockIdx.z);
    place.kvHead = static_cast<int>(blockIdx.y) / rowTiles;
    place.firstRow = static_cast<int>(blockIdx.y) % rowTiles * kDecodeRows;
    place.rows = a.rows - place.firstRow < kDecodeRows ? a.rows - place.firstRow : kDecodeRows;
    place.item = static_cast<int>(blockIdx.z * gridDim.y + blockIdx.y);
    return place;
}

/// The keys of this block's part: equal parts in whole steps of `step` keys.
__device__ __forceinline__ KeyRange keysOfPart(KeyRange all, int step) {
    const int parts = static_cast<int>(gridDim.x);
    const int each = ((all.end - all.begin + parts - 1) / parts + step - 1) / step * step;
    const int begin = all.begin + static_cast<int>(blockIdx.x) * each;
    return {begin, begin + each < all.end ? begin + each : all.end};
}

/// statistics [warps, kDecodeRows, 2]: after a barrier behind their writing, the factor that brings warp's sums of a row to the block's
/// largest score.
template <int kWarps>
__device__ __forceinline__ float factorOfWarp(const float* statistics, int warp, int row) {
    float largest = -INFINITY;
#pragma unroll
    for (int w = 0; w < kWarps; ++w) largest = fmaxf(largest, statistics[(w * kDecodeRows + row) * 2]);
    return exp2f(statistics[(warp * kDecodeRows + row) * 2] - finiteLargest(largest));
}

/// sums [warps, kDecodeRows, D], already brought to the block's largest scores; REQUIRES: a barrier behind their writing. The whole block
/// takes part.
template <class T, int D, int kWarps>
__device__ __forceinline__ void finishBlock(const AttentionView& a, const DecodePlace& place, const float* statistics, const float* sums,
                                            float* workspace, T* o) {
    const int parts = static_cast<int>(gridDim.x);
    const std::int64_t first = (static_cast<std::int64_t>(place.item) * parts + blockIdx.x) * kDecodeRows;
    const std::int64_t allRows = static_cast<std::int64_t>(gridDim.z) * gridDim.y * parts * kDecodeRows;
    for (int i = static_cast<int>(threadIdx.x); i < place.rows * D; i += kWarps * 32) {
        const int row = i / D;
        const int d = i % D;
        float sum = 0;
        float weight = 0;
        float largest = -INFINITY;
#pragma unroll
        for (int w = 0; w < kWarps; ++w) largest = fmaxf(largest, statistics[(w * kDecodeRows + row) * 2]);
#pragma unroll
        for (int w = 0; w < kWarps; ++w) {
            const float* const of = statistics + (w * kDecodeRows + row) * 2;
            weight += of[1] * exp2f(of[0] - finiteLargest(largest));
            sum += sums[(w * kDecodeRows + row) * D + d];
        }
        if (parts == 1) {
            if (d < a.headSize) outputRow(a, o, place.batch, place.kvHead, place.firstRow + row)[d] = fromFloat<T>(sum / weight);
            continue;
        }
        workspace[(first + row) * D + d] = sum;
        if (d == 0) {
            workspace[allRows * D + (first + row) * 2] = largest;
            workspace[allRows * D + (first + row) * 2 + 1] = weight;
        }
    }
}

}  // namespace trimtab::cuda
