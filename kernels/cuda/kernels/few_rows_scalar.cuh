#pragma once
// Few rows of x times weights where the tensor cores don't serve: float32 x, and (`anyX`, a row of x at a time) 16-bit x with weights of
// another type, rows of x that 16-byte loads don't take, groups that are no multiple of 8.
// A warp takes four rows of weights, each lane 16 bytes of each at a time, the next ones asked for before these are used and the first
// before the previous kernel has ended; `splits` warps of a block share the columns. Products and sums in float32.
#include <cstring>
#include <type_traits>

#include "kernels/cuda/kernels/product_epilogue.cuh"

namespace trimtab::cuda::product {

struct ScalarRows {
    DataType type;  // of x
    const void* x;
    const unsigned char* w;
    const float* scales;
    const std::int8_t* zeros;
    int m, n, k;
    std::int64_t pitch;
    int rowBytes;
    int groups, group;  // scales a row, columns that share one
    int splits;
    bool aligned;  // x may be read 16 bytes at a time
    Epilogue epilogue;
};

inline constexpr int kScalarWarps = 8;
template <int rowsOfX>
inline constexpr int kScalarRows = rowsOfX <= 4 ? 4 : 2;  // of weights to a warp

__device__ __forceinline__ float byteAsFloat(unsigned word, unsigned selector) {  // unsigned byte `selector` of word, as 2²³ + byte − 2²³
    return __uint_as_float(__byte_perm(word, 0x4B000000U, 0x7540U | selector)) - 8388608.0F;
}

/// How 16 bytes of a row become numbers, kUnit at a time. value(): code with the stored offset still in it; kOffset takes it away.
template <class T>
struct PlainUnits {
    static constexpr int kUnit = 16 / static_cast<int>(sizeof(T));
    static constexpr int kUnits = 1;
    static constexpr bool kCodes = false;
    static __device__ __forceinline__ void decode(const uint4& chunk, int, float (&values)[kUnit]) {
        T elements[kUnit];
        memcpy(elements, &chunk, 16);
#pragma unroll
        for (int i = 0; i < kUnit; ++i) values[i] = toFloat(elements[i]);
    }
};
struct Int8Units {
    static constexpr int kUnit = 8;
    static constexpr int kUnits = 2;
    static constexpr bool kCodes = true;
    static __device__ __forceinline__ void decode(const uint4& chunk, int unit, float (&values)[kUnit]) {
        const unsigned words[2] = {(unit == 0 ? chunk.x : chunk.z) ^ 0x80808080U, (unit == 0 ? chunk.y : chunk.w) ^ 0x80808080U};
#pragma unroll
        for (int i = 0; i < kUnit; ++i) values[i] = byteAsFloat(words[i / 4], static_cast<unsigned>(i % 4)) - 128.0F;
    }
};
struct Int4Units {
    static constexpr int kUnit = 8;
    static constexpr int kUnits = 4;
    static constexpr bool kCodes = true;
    static __device__ __forceinline__ void decode(const uint4& chunk, int unit, float (&values)[kUnit]) {
        const unsigned word = unit == 0 ? chunk.x : unit == 1 ? chunk.y : unit == 2 ? chunk.z : chunk.w;
#pragma unroll
        for (int i = 0; i < kUnit; ++i) values[i] = __uint_as_float(((word >> (4 * i)) & 15U) | 0x4B000000U) - 8388616.0F;
    }
};

template <class T, int count>
__device__ __forceinline__ void loadAligned(const T* from, float (&values)[count]) {
    using Lump = std::conditional_t<count * sizeof(T) == 8, uint2, uint4>;
    constexpr int lump = static_cast<int>(sizeof(Lump) / sizeof(T));
#pragma unroll
    for (int c = 0; c < count / lump; ++c) {
        T elements[lump];
        const Lump chunk = reinterpret_cast<const Lump*>(from)[c];
        memcpy(elements, &chunk, sizeof(Lump));
#pragma unroll
        for (int i = 0; i < lump; ++i) values[c * lump + i] = toFloat(elements[i]);
    }
}

template <class T, int count>
__device__ __forceinline__ void loadAny(const T* from, int left, bool aligned, float (&values)[count]) {
    if (aligned && left >= count) return loadAligned(from, values);
#pragma unroll
    for (int i = 0; i < count; ++i) values[i] = i < left ? toFloat(from[i]) : 0.0F;
}

/// x[row, column …] as floats, zero beyond its extents. !anyX: float32, aligned.
template <bool anyX, int count>
__device__ __forceinline__ void loadX(const ScalarRows& p, int row, int column, float (&values)[count]) {
    const std::int64_t at = static_cast<std::int64_t>(row) * p.k + column;
    const int left = row < p.m ? p.k - column : 0;
    if constexpr (anyX) {
        if (p.type == DataType::Float32) return loadAny(static_cast<const float*>(p.x) + at, left, p.aligned, values);
        if (p.type == DataType::Float16) return loadAny(static_cast<const __half*>(p.x) + at, left, p.aligned, values);
        return loadAny(static_cast<const __nv_bfloat16*>(p.x) + at, left, p.aligned, values);
    } else {
        if (left > 0) return loadAligned(static_cast<const float*>(p.x) + at, values);
#pragma unroll
        for (float& value : values) value = 0;
    }
}

/// Takes the zero point from a unit of row n's codes and, where groups are smaller than rows, multiplies by the scale.
template <bool anyGroup, int count>
__device__ __forceinline__ void applyGroups(const ScalarRows& p, int n, int column, float (&values)[count]) {
    const int at = n * p.groups;
    const bool grouped = p.groups > 1;
    if constexpr (anyGroup)
        if (grouped && p.group % count != 0) {
#pragma unroll
            for (int i = 0; i < count; ++i) {
                const int group = min((column + i) / p.group, p.groups - 1);
                const float zero = p.zeros != nullptr ? static_cast<float>(p.zeros[at + group]) : 0.0F;
                values[i] = (values[i] - zero) * p.scales[at + group];
            }
            return;
        }
    const int group = grouped ? column / p.group : 0;
    if (group >= p.groups) return;  // padding; x is zero there
    const float zero = p.zeros != nullptr ? static_cast<float>(p.zeros[at + group]) : 0.0F;
    const float scale = grouped ? p.scales[at + group] : 1.0F;
#pragma unroll
    for (float& value : values) value = (value - zero) * scale;
}

template <class Units, bool anyX, int rows, int rowsOfX>
__device__ __forceinline__ void multiplyChunk(const ScalarRows& p, int row0, int chunk, const uint4 (&w)[rows],
                                              float (&sums)[rows][rowsOfX]) {
#pragma unroll 1
    for (int unit = 0; unit < Units::kUnits; ++unit) {
        const int column = (chunk * Units::kUnits + unit) * Units::kUnit;
        float weights[rows][Units::kUnit];
#pragma unroll
        for (int r = 0; r < rows; ++r) {
            Units::decode(w[r], unit, weights[r]);
            if (Units::kCodes && row0 + r < p.n) applyGroups<anyX>(p, row0 + r, column, weights[r]);
        }
#pragma unroll
        for (int m = 0; m < rowsOfX; ++m) {
            float x[Units::kUnit];
            loadX<anyX>(p, m, column, x);
#pragma unroll
            for (int r = 0; r < rows; ++r)
#pragma unroll
                for (int i = 0; i < Units::kUnit; ++i) sums[r][m] = fmaf(weights[r][i], x[i], sums[r][m]);
        }
    }
}

template <int rows>
__device__ __forceinline__ void loadChunks(const ScalarRows& p, int row0, int chunk, uint4 (&w)[rows]) {
#pragma unroll
    for (int r = 0; r < rows; ++r) {
        w[r] = make_uint4(0, 0, 0, 0);
        if (row0 + r < p.n && chunk * 16 < p.rowBytes) w[r] = __ldg(reinterpret_cast<const uint4*>(p.w + (row0 + r) * p.pitch) + chunk);
    }
}

/// Adds a warp's lanes, then the warps that share rows, and writes the outputs.
template <bool codes, int rows, int rowsOfX>
__device__ __forceinline__ void finishRows(const ScalarRows& p, float (&sums)[rows][rowsOfX]) {
    SHARED_ARRAY(float, meeting, kScalarWarps* rows* rowsOfX);
    const int lane = static_cast<int>(threadIdx.x) % 32;
    const int warp = static_cast<int>(threadIdx.x) / 32;
#pragma unroll
    for (int r = 0; r < rows; ++r)
#pragma unroll
        for (int m = 0; m < rowsOfX; ++m) {
            float sum = sums[r][m];
#pragma unroll
            for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xFFFFFFFFU, sum, step);
            if (lane == 0) meeting[(warp * rows + r) * rowsOfX + m] = sum;
        }
    __syncthreads();
    const int parts = kScalarWarps / p.splits;
    for (int i = static_cast<int>(threadIdx.x); i < parts * rows * p.m; i += kScalarWarps * 32) {
        const int row = i / (parts * rows);
        const int local = i % (parts * rows);
        const int n = static_cast<int>(blockIdx.x) * parts * rows + local;
        if (n >= p.n) continue;
        float sum = 0;
        for (int s = 0; s < p.splits; ++s) sum += meeting[((local / rows * p.splits + s) * rows + local % rows) * rowsOfX + row];
        if (codes && p.groups == 1) sum *= p.scales[n];
        if (p.epilogue.bias != nullptr) sum += p.epilogue.bias[n];
        const std::int64_t at = static_cast<std::int64_t>(row) * p.n + n;
        if (p.type == DataType::Float16)
            store<__half>(p.epilogue, at, sum + residualAt<__half>(p.epilogue, at));
        else
            store<__nv_bfloat16>(p.epilogue, at, sum + residualAt<__nv_bfloat16>(p.epilogue, at));
    }
}

template <class Units, int rowsOfX, bool anyX>
__global__ void __launch_bounds__(kScalarWarps * 32, 2) fewRowsScalarKernel(const ScalarRows p) {
    constexpr int rows = kScalarRows<rowsOfX>;
    allowNextKernel();
    const int warp = static_cast<int>(threadIdx.x) / 32;
    const int parts = kScalarWarps / p.splits;
    const int row0 = (static_cast<int>(blockIdx.x) * parts + warp / p.splits) * rows;
    const int chunks = p.rowBytes / 16;
    int chunk = warp % p.splits * 32 + static_cast<int>(threadIdx.x) % 32;
    uint4 current[rows], next[rows];
    loadChunks(p, row0, chunk, current);
    waitForPreviousKernel();
    float sums[rows][rowsOfX] = {};
    while (chunk < chunks) {
        const int following = chunk + p.splits * 32;
        loadChunks(p, row0, following, next);
        multiplyChunk<Units, anyX>(p, row0, chunk, current, sums);
#pragma unroll
        for (int r = 0; r < rows; ++r) current[r] = next[r];
        chunk = following;
    }
    finishRows<Units::kCodes>(p, sums);
}

}  // namespace trimtab::cuda::product
