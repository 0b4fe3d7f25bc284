#pragma once
// What attention does on tiles of keys and values that stand in fp32, bf16, fp16 or codes: turned or widened to fp32, then a small dense
// product.
#include <cstdint>

#include "core/tensor/kept_row.h"

namespace trimtab::cpu::simd {

/// Keys of one tile at most, and the distance of its columns in floats.
inline constexpr std::int64_t kTileKeys = 64;

/// Rows of keys or values in memory; Codes8 and Codes4 as core/tensor/kept_row.h has them.
enum class RowFormat : std::uint8_t { Float32, BFloat16, Float16, Codes8, Codes4 };

constexpr std::int64_t rowBytes(RowFormat format, std::int64_t size) {
    if (format == RowFormat::Codes8 || format == RowFormat::Codes4) return tensor::keptRowBytes(size, format == RowFormat::Codes8 ? 8 : 4);
    return size * (format == RowFormat::Float32 ? 4 : 2);
}

/// `rows`: dense rows of `size` values.
struct TileKernels {
    /// columns[c · kTileKeys + r] = rows[r][c] for the first `count` ≤ kTileKeys rows; zeros up to the next multiple of 16 rows.
    void (*turnRows)(RowFormat format, const void* rows, std::int64_t count, std::int64_t size, float* columns);
    /// wide[r · stride + c] = rows[r][c]; zeros for size ≤ c < stride.
    void (*widenRows)(RowFormat format, const void* rows, std::int64_t count, std::int64_t size, std::int64_t stride, float* wide);
    /// scores[q · kTileKeys + r] = Σ_c queries[q · stride + c] · rows[r][c] for the first `count` ≤ kTileKeys rows as they stand: of a few
    /// queries cheaper than turning the rows. `stride` is a multiple of 16; from `size` on queries hold zeros.
    void (*meetRows)(RowFormat format, const void* rows, std::int64_t count, std::int64_t size, const float* queries, std::int64_t stride,
                     std::int64_t queryCount, float* scores);
    /// c[r][n] (+)= Σ_k a[r][k] · b[k][n] in fp32. `width` is a multiple of 16; strides in floats.
    void (*multiply)(const float* a, std::int64_t aStride, std::int64_t rows, const float* b, std::int64_t bStride, std::int64_t depth,
                     std::int64_t width, float* c, std::int64_t cStride, bool add);
};

}  // namespace trimtab::cpu::simd
