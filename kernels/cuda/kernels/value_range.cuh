#pragma once
// Smallest and largest value of a tensor, zero counted in and NaN passed over, in two launches: blocks write their ranges, the next
// kernel's only block joins them.
#include <algorithm>
#include <cstring>

#include "kernels/cuda/kernels/product_epilogue.cuh"

namespace trimtab::cuda::product {

inline constexpr int kRangeThreads = 256;
inline constexpr int kRangeBlocks = 512;

struct Range {
    float low = 0, high = 0;
};

__device__ __forceinline__ void include(Range& range, float value) {
    range.low = fminf(range.low, value);
    range.high = fmaxf(range.high, value);
}

/// The block's range in every thread of the first warp.
__device__ __forceinline__ Range rangeOfBlock(Range range) {
    SHARED_ARRAY(float, lows, kRangeThreads / 32);
    SHARED_ARRAY(float, highs, kRangeThreads / 32);
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int warp = static_cast<int>(threadIdx.x) / 32;
#pragma unroll
    for (int step = 16; step > 0; step /= 2) {
        range.low = fminf(range.low, __shfl_xor_sync(0xFFFFFFFFU, range.low, step));
        range.high = fmaxf(range.high, __shfl_xor_sync(0xFFFFFFFFU, range.high, step));
    }
    if (lane == 0) {
        lows[warp] = range.low;
        highs[warp] = range.high;
    }
    __syncthreads();
    for (int w = 0; w < kRangeThreads / 32; ++w) {
        range.low = fminf(range.low, lows[w]);
        range.high = fmaxf(range.high, highs[w]);
    }
    return range;
}

template <class T>
__global__ void __launch_bounds__(kRangeThreads) rangeKernel(std::int64_t count, const T* x, bool aligned, float* partials) {
    constexpr int lump = 16 / static_cast<int>(sizeof(T));
    allowNextKernel();
    waitForPreviousKernel();
    Range range;
    const std::int64_t first = blockIdx.x * static_cast<std::int64_t>(kRangeThreads) + threadIdx.x;
    const std::int64_t stride = gridDim.x * static_cast<std::int64_t>(kRangeThreads);
    const std::int64_t lumps = aligned ? count / lump : 0;
#pragma unroll 4
    for (std::int64_t i = first; i < lumps; i += stride) {
        const uint4 chunk = reinterpret_cast<const uint4*>(x)[i];
        T values[lump];
        memcpy(values, &chunk, 16);
#pragma unroll
        for (int j = 0; j < lump; ++j) include(range, toFloat(values[j]));
    }
    for (std::int64_t i = lumps * lump + first; i < count; i += stride) include(range, toFloat(x[i]));
    range = rangeOfBlock(range);
    if (threadIdx.x != 0) return;
    partials[2 * blockIdx.x] = range.low;
    partials[2 * blockIdx.x + 1] = range.high;
}

/// The range of all blocks, in the first warp.
__device__ __forceinline__ Range rangeOfPartials(const float* partials, int blocks) {
    Range range;
    for (int i = static_cast<int>(threadIdx.x); i < blocks; i += kRangeThreads) {
        range.low = fminf(range.low, partials[2 * i]);
        range.high = fmaxf(range.high, partials[2 * i + 1]);
    }
    return rangeOfBlock(range);
}

/// Blocks that write their range; partials need room for two floats of each.
inline int rangeBlocks(std::int64_t count) {
    return static_cast<int>(std::clamp<std::int64_t>(ceilDivide(count, kRangeThreads * 8), 1, kRangeBlocks));
}

inline Status launchRange(Stream stream, DataType type, std::int64_t count, const void* x, float* partials) {
    return withFloat(type, "a tensor's range", [&](auto tag) {
        using T = typename decltype(tag)::type;
        return launchDependent(rangeKernel<T>, dim3(static_cast<unsigned>(rangeBlocks(count))), dim3(kRangeThreads), 0, stream, count,
                               static_cast<const T*>(x), isAligned(x, 16), partials);
    });
}

}  // namespace trimtab::cuda::product
