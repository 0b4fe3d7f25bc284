#pragma once
// Sparse weight as bitmap tiles: of every 64 neighbours in a row a 64-bit mask says which are non-zero (lowest bit first), and their values
// follow each other. See sparse_product.h. One bit a weight instead of an index a non-zero: smaller than CSR with 16-bit indices above 1/16
// non-zero.
#include <cstdint>
#include <vector>

#include "kernels/cpu/simd/sparse_product.h"

namespace trimtab::cpu::simd {

struct BitmapWeight {
    static constexpr std::int64_t kTileColumns = 64;

    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<std::uint64_t> masks;        // rows × tiles()
    std::vector<std::int64_t> valueStart;    // rows + 1
    std::vector<float> values;               // and kLanes zeros behind them: kernels read whole vectors

    std::int64_t tiles() const { return (columns + kTileColumns - 1) / kTileColumns; }
    std::int64_t nonZeros() const { return valueStart.empty() ? 0 : valueStart.back(); }
    /// Without the zeros behind the values.
    std::int64_t bytes() const;
    /// From rows × columns floats, row-major. Refused when a dim exceeds 2^31.
    static Result<BitmapWeight> fromDense(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns);
};

/// x: m × columns, y: m × rows, row-major and dense; scratch as scratchFloats() says. Allocates nothing.
void matMul(const BitmapWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch,
            Isa isa = bestIsa());

}  // namespace trimtab::cpu::simd
