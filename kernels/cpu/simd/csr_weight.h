#pragma once
// Sparse weight in compressed sparse rows (CSR): y[m][n] = Σ_j values[j] · x[m][columnIndex[j]] for j in row n, plus bias. fp32 throughout.
// One row of x at a time is gathered; from kWideRows rows on, x is transposed in tiles of kTileRows so that each non-zero meets whole vectors.
#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "kernels/cpu/simd/isa.h"
#include "kernels/cpu/simd/packed_weight.h"

namespace trimtab::cpu::simd {

inline constexpr std::int64_t kTileRows = 64;

struct CsrWeight {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<std::int64_t> rowStart;      // rows + 1
    std::vector<std::uint16_t> shortIndex;   // columns ≤ 65,536
    std::vector<std::uint32_t> longIndex;    // else
    std::vector<float> values;

    std::int64_t nonZeros() const { return static_cast<std::int64_t>(values.size()); }
    std::int64_t bytes() const;
    /// From rows × columns floats, row-major. Refused when a dim exceeds 2^31.
    static Result<CsrWeight> fromDense(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns);
};

/// Floats of scratch that a product with m rows needs (0 for few rows).
std::int64_t scratchFloats(const CsrWeight& weight, std::int64_t m);

/// x: m × columns, y: m × rows, row-major and dense; scratch as scratchFloats() says. Allocates nothing.
void matMul(const CsrWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch, Isa isa = bestIsa());

}  // namespace trimtab::cpu::simd
