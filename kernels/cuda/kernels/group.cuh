#pragma once
// Values that a warp or a block forms together.
#include "kernels/cuda/language/language.h"

namespace trimtab::cuda {

inline constexpr int kWarp = 32;
inline constexpr unsigned kWholeWarp = 0xFFFFFFFFu;

__device__ __forceinline__ float exchange(float x, int mask) { return __shfl_xor_sync(kWholeWarp, x, mask); }
__device__ __forceinline__ long long exchange(long long x, int mask) { return __shfl_xor_sync(kWholeWarp, x, mask); }

/// All lanes' values folded by `merge`(a, b); every lane receives the same. Types bring an exchange(value, mask) of their own.
template <class T, class Merge>
__device__ __forceinline__ T mergeWarp(T value, Merge merge) {
#pragma unroll
    for (int mask = kWarp / 2; mask > 0; mask /= 2) value = merge(value, exchange(value, mask));
    return value;
}

/// The threads that share a row: the whole block, or one warp of it. `partial` has room for one value a warp and is not used again before a
/// barrier; `none` leaves another value as it is when merged with it.
template <bool kBlock, class T, class Merge>
__device__ __forceinline__ T mergeGroup(T value, T none, T* partial, Merge merge) {
    value = mergeWarp(value, merge);
    if constexpr (kBlock) {
        const int warps = static_cast<int>(blockDim.x) / kWarp;
        if (warps == 1) return value;
        const int lane = static_cast<int>(threadIdx.x) % kWarp;
        if (lane == 0) partial[threadIdx.x / kWarp] = value;
        __syncthreads();
        value = mergeWarp(lane < warps ? partial[lane] : none, merge);
    }
    return value;
}

template <bool kBlock>
__device__ __forceinline__ float sumOfGroup(float value, float* partial) {
    return mergeGroup<kBlock>(value, 0.0f, partial, [](float a, float b) { return a + b; });
}

/// Where a thread stands in the rows of a launch of one block or one warp a row.
template <bool kBlock>
struct RowPlace {
    std::int64_t row;
    int thread;  // of `threads` on this row
    int threads;

    __device__ __forceinline__ RowPlace()
        : row(kBlock ? blockIdx.x : static_cast<std::int64_t>(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp),
          thread(static_cast<int>(kBlock ? threadIdx.x : threadIdx.x % kWarp)),
          threads(static_cast<int>(kBlock ? blockDim.x : kWarp)) {}
};

}  // namespace trimtab::cuda
