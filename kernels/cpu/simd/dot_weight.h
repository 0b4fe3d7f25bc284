#pragma once
// Products of integer codes: weights of 4 or 8 bits and activations of 8 bits, each with a scale for each group of columns:
//   y[m][n] = Σ_g s_x[m][g] · s_w[n][g] · Σ_{k in g} q[m][k] · (code[n][k] − z[n][g])  (+ bias[n])
// Inner sums are exact in int32, outer ones are formed in fp32. Tolerance against a double-precision sum of the same codes:
// |error| ≤ (groups + 2) · 2⁻²³ · Σ_g |s_x · s_w · inner sum|.
//
// Packing: 16 rows (output channels) stand side by side, a 32-bit lane is an output. A step is 8 columns of 16 rows; a group begins a new
// step:
//   4 bits: one word a row; byte i holds column i in its low nibble and column 4 + i in its high one, each as code + 8;
//   8 bits: two times one word a row, four columns each.
// Columns are padded with zeros, rows to 16 with codes of 0. The 16 zero points (floats, where there are any) and 16 scales of a group
// stand before its steps: a block is one stream of bytes.
#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/tensor/quantized_weight.h"
#include "kernels/cpu/simd/packed_weight.h"

namespace trimtab::cpu::simd {

/// Columns of a step: groups are padded to a multiple of it.
inline constexpr std::int64_t kDotStep = 8;

struct DotWeight {
    int bits = 8;  // or 4
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t group = 0;  // columns that share a scale
    std::int64_t groups = 0;
    std::int64_t blockBytes = 0;  // of one block of 16 rows
    bool asymmetric = false;      // groups have zero points
    bool halfScales = false;      // scales stand as float16: where each of them is exact in it, as those of GGUF files are
    Tensor codes;                 // UInt8 [blocks × blockBytes]

    std::int64_t blocks() const { return (rows + kLanes - 1) / kLanes; }
    std::int64_t bytes() const { return static_cast<std::int64_t>(codes.bytes().size()); }
    /// Of a group's scales and zero points.
    std::int64_t factorBytes() const { return kLanes * ((halfScales ? 2 : 4) + (asymmetric ? 4 : 0)); }

    /// Integer codes of 4 or 8 bits; Unsupported for others.
    static Result<DotWeight> pack(const tensor::QuantizedWeight& weight);
};

/// Activations as codes: symmetric, a scale for each row and group of columns.
///   scale = max|x| / 127 over the group (1 where that is 0 or not finite), q = saturate(round(x / scale)), half to even; NaN is 0.
struct DotActivations {
    std::int8_t* codes = nullptr;  // [rows][groups][group padded to kDotStep], zeros behind each group
    float* scales = nullptr;       // [rows][groups]
    std::int32_t* sums = nullptr;  // [rows][groups] of codes
    std::int64_t group = 0;
    std::int64_t groups = 0;

    std::int64_t paddedGroup() const { return (group + kDotStep - 1) / kDotStep * kDotStep; }
    std::int64_t rowCodes() const { return groups * paddedGroup(); }
};

/// The instructions that the products of this processor are formed of: "avx512 vnni", "avx2", "portable", …
std::string dotName(Isa isa = bestIsa());

/// x: rows × columns, dense. REQUIRES: buffers of the sizes above. Threaded; allocates nothing.
void quantizeGroups(const float* x, std::int64_t rows, std::int64_t columns, const DotActivations& to, Isa isa = bestIsa());

/// y: m × rows of the weight, dense. REQUIRES: x of the weight's groups. Threaded; allocates nothing.
void matMul(const DotWeight& weight, const DotActivations& x, std::int64_t m, float* y, const Epilogue& epilogue = {}, Isa isa = bestIsa());

}  // namespace trimtab::cpu::simd
