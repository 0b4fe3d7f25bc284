#pragma once
// Weight-only matrix products: y[m][n] = Σ_k x[m][k] · value[n][k] (+ bias[n]), activations in fp32, weights decoded in registers, products
// and sums in fp32.
//
// Packing: 16 rows (output channels) stand side by side, so that a vector lane is an output and no horizontal sum is needed. One unit
// holds, for 16 rows,
//   Int4: 8 consecutive k as one 32-bit word a row, the first in the low nibble, stored as code + 8;
//   NormalFloat4, Float4E2M1: the same words, of the codes themselves (core/tensor/code_values.h), which pick their values from a register
//   of 16;
//   Int8, Float8E4M3, Float8E5M2, BFloat16, Float16, Float32: one k. (Float32 is the dense product for few rows of x, where reading the
//   weights is what takes the time.)
// Units of a block of 16 rows stand in order of k; a group starts a new unit. Rows are padded to 16 with zeros. Scales (and zero points)
// stand as [block][group][16] floats. Tolerance against a double-precision sum: |error| ≤ K · 2⁻²³ · Σ|x·w|.
#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "core/tensor/quantized_weight.h"
#include "kernels/cpu/simd/isa.h"

namespace trimtab::cpu::simd {

enum class WeightFormat : std::uint8_t { Int4, NormalFloat4, Float4E2M1, Int8, Float8E4M3, Float8E5M2, BFloat16, Float16, Float32 };

constexpr bool isFourBit(WeightFormat format) {
    return format == WeightFormat::Int4 || format == WeightFormat::NormalFloat4 || format == WeightFormat::Float4E2M1;
}
constexpr bool isEightBit(WeightFormat format) {
    return format == WeightFormat::Int8 || format == WeightFormat::Float8E4M3 || format == WeightFormat::Float8E5M2;
}

/// Both float8 formats are shifted into float16, whose exponent is as wide as that of e5m2: e4m3 comes out 2⁸ times too small, which its
/// packed scales make up for.
inline constexpr float kFloat8E4M3InHalf = 256.0F;

inline constexpr std::int64_t kLanes = 16;

struct PackedWeight {
    WeightFormat format = WeightFormat::Int8;
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t group = 0;             // columns that share a scale
    std::int64_t groups = 0;
    std::int64_t blockBytes = 0;        // of one block of 16 rows
    Tensor codes;                       // UInt8 [blocks × blockBytes]
    std::vector<float> scales;          // [blocks][groups][16]; empty for formats of 16 bits and more
    std::vector<float> zeroPoints;      // same layout; empty when symmetric

    std::int64_t blocks() const { return (rows + kLanes - 1) / kLanes; }
    std::int64_t bytes() const;

    /// From codes of 4 or 8 bits of any format (Unsupported for other widths).
    static Result<PackedWeight> pack(const tensor::QuantizedWeight& weight);
    /// From rows × columns floats, row-major; BFloat16 or Float16 (rounded to nearest even) or Float32.
    static Result<PackedWeight> packFloats(const std::vector<float>& values, std::int64_t rows, std::int64_t columns, WeightFormat format);
};

/// What is done to a sum before it is stored.
struct Epilogue {
    const float* bias = nullptr;  // [n]
    bool relu = false;
};

/// x: m × columns, y: m × rows, both row-major and dense. Threads: the caller's OpenMP setting. Allocates nothing.
void matMul(const PackedWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue = {}, Isa isa = bestIsa());

}  // namespace trimtab::cpu::simd
