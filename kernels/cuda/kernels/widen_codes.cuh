#pragma once
// Integer weights as 16-bit floats or float32: value = (code − zero) · scale, formed in float32.
#include "kernels/cuda/kernels/packed_codes.cuh"

namespace trimtab::cuda::product {

struct Groups {
    const float* scales = nullptr;
    const std::int8_t* zeros = nullptr;  // null: all zero
    int groups = 1;                      // scales a row
    int group = 1;                       // columns that share one
};

struct GroupValues {
    float scale = 1, zero = 0;
};
__device__ __forceinline__ GroupValues groupAt(const Groups& g, int row, int column) {
    const std::int64_t at = static_cast<std::int64_t>(row) * g.groups + min(g.groups > 1 ? column / g.group : 0, g.groups - 1);
    return {g.scales[at], g.zeros != nullptr ? static_cast<float>(g.zeros[at]) : 0.0F};
}

/// Eight codes in the order of their columns, without zero point and scale (exact).
template <class Format>
__device__ __forceinline__ void eightCodes(const typename Format::Words& words, float (&values)[8]) {
    unsigned pairs[4];
    Format::template decode<__half>(words, Format::template addend<__half>(0), pairs);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        values[2 * i] = lowOf<__half>(pairs[i]);
        values[2 * i + 1] = highOf<__half>(pairs[i]);
    }
}

/// values = (values − zero) · scale for eight columns from `column` on, each of its own group.
__device__ __forceinline__ void scaleEight(const Groups& g, int row, int column, float (&values)[8]) {
    if (g.groups == 1 || g.group % 8 == 0) {
        const GroupValues all = groupAt(g, row, column);
#pragma unroll
        for (float& value : values) value = (value - all.zero) * all.scale;
        return;
    }
#pragma unroll
    for (int i = 0; i < 8; ++i) {
        const GroupValues own = groupAt(g, row, column + i);
        values[i] = (values[i] - own.zero) * own.scale;
    }
}

}  // namespace trimtab::cuda::product
