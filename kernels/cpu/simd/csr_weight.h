#pragma once
// Sparse weight in compressed sparse rows (CSR): y[m][n] = Σ_j values[j] · x[m][columnIndex[j]] for j in row n, plus
// bias. See sparse_product.h.
#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "kernels/cpu/simd/sparse_product.h"

namespace trimtab::cpu::simd {

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

/// x: m × columns, y: m × rows, row-major and dense; scratch as scratchFloats() says. Allocates nothing.
void matMul(const CsrWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch,
            Isa isa = bestIsa());

}  // namespace trimtab::cpu::simd
