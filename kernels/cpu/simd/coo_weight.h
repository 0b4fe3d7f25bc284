#pragma once
// Sparse weight as coordinates (COO): row, column and value of each non-zero, in order of rows and columns. See sparse_product.h.
// Nothing says where a row begins, so each thread looks for its first one, and each value pays for a row index: kept to
// show what that costs.
#include <cstdint>
#include <vector>

#include "kernels/cpu/simd/sparse_product.h"

namespace trimtab::cpu::simd {

struct CooWeight {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<std::uint16_t> shortRow, shortColumn;  // rows and columns ≤ 65,536
    std::vector<std::uint32_t> longRow, longColumn;    // else
    std::vector<float> values;

    std::int64_t nonZeros() const { return static_cast<std::int64_t>(values.size()); }
    std::int64_t bytes() const;
    /// From rows × columns floats, row-major. Refused when a dim exceeds 2^31.
    static Result<CooWeight> fromDense(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns);
};

/// x: m × columns, y: m × rows, row-major and dense; scratch as scratchFloats() says. Allocates nothing.
void matMul(const CooWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch,
            Isa isa = bestIsa());

}  // namespace trimtab::cpu::simd
