#pragma once
// What products with sparse weights share: y[m][n] = Σ_k x[m][k] · value[n][k] over the k that the form holds, plus bias, fp32 throughout.
// Few rows of x meet the weight one after the other. From kWideRows rows on, x is transposed in tiles of up to kTileRows rows, so that one
// value multiplies whole vectors of consecutive floats. Tolerance against a double-precision sum: |error| ≤ K · 2⁻²³ · Σ|x·w|.
#include <cstdint>

#include "core/base/result.h"
#include "kernels/cpu/simd/isa.h"
#include "kernels/cpu/simd/packed_weight.h"

namespace trimtab::cpu::simd {

/// Below this many rows gathering is cheaper than transposing x.
inline constexpr std::int64_t kWideRows = 8;
inline constexpr std::int64_t kTileRows = 64;

/// Indices below this take 16 bits, else 32.
inline constexpr std::int64_t kShortIndices = 65536;

/// Refused when a dim exceeds 2^31.
inline Status checkSparseShape(std::int64_t rows, std::int64_t columns) {
    if (rows <= INT32_MAX && columns <= INT32_MAX) return {};
    return fail(ErrorCode::Refused, "a sparse weight may have at most 2^31 - 1 rows and columns");
}

/// Floats of scratch that a product of m rows with a weight of so many columns needs, whatever its form (0 for few rows).
inline std::int64_t scratchFloats(std::int64_t columns, std::int64_t m) { return m < kWideRows ? 0 : kTileRows * columns; }

}  // namespace trimtab::cpu::simd
