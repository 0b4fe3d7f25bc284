#pragma once
// What attention does on tiles of keys and values that stand in fp32, bf16 or fp16: turned or widened to fp32, then a small dense product.
#include <cstdint>

#include "kernels/cpu/simd/packed_weight.h"

namespace trimtab::cpu::simd {

/// Keys of one tile at most, and the distance of its columns in floats.
inline constexpr std::int64_t kTileKeys = 64;

/// `rows`: dense rows of `size` elements of Float32, BFloat16 or Float16.
struct TileKernels {
    /// columns[c · kTileKeys + r] = rows[r][c] for the first `count` ≤ kTileKeys rows; zeros up to the next multiple of 16 rows.
    void (*turnRows)(WeightFormat format, const void* rows, std::int64_t count, std::int64_t size, float* columns);
    /// wide[r · stride + c] = rows[r][c]; zeros for size ≤ c < stride.
    void (*widenRows)(WeightFormat format, const void* rows, std::int64_t count, std::int64_t size, std::int64_t stride, float* wide);
    /// c[r][n] (+)= Σ_k a[r][k] · b[k][n] in fp32. `width` is a multiple of 16; strides in floats.
    void (*multiply)(const float* a, std::int64_t aStride, std::int64_t rows, const float* b, std::int64_t bStride, std::int64_t depth,
                     std::int64_t width, float* c, std::int64_t cStride, bool add);
};

}  // namespace trimtab::cpu::simd
