#pragma once
// Sparse weight in block compressed sparse rows (BSR): blocks of R rows × C columns that hold any non-zero are kept
// whole. See sparse_product.h.
//
// The R rows of a block row share one list of columns, so an index and a loaded piece of x serve R values. Values of block row b
// stand by row:
//   values[blockStart[b] · R · C + r · n · C + j · C + c]   for r < height, j < n = blockStart[b + 1] − blockStart[b], c < C
// where height is R, or what is left for the last block row. Columns past the edge are zeros, and never meet x.
#include <cstdint>
#include <vector>

#include "kernels/cpu/simd/sparse_product.h"

namespace trimtab::cpu::simd {

struct BsrWeight {
    /// Of either extent of a block.
    static constexpr std::int64_t kLargestExtent = 64;

    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::int64_t blockRows = 1;              // R
    std::int64_t blockColumns = 1;           // C
    std::vector<std::int64_t> blockStart;    // one for each block row, and the count of all blocks
    std::vector<std::uint16_t> shortIndex;   // block columns, ≤ 65,536 of them
    std::vector<std::uint32_t> longIndex;    // else
    std::vector<float> values;

    std::int64_t storedValues() const { return static_cast<std::int64_t>(values.size()); }
    std::int64_t bytes() const;
    /// From rows × columns floats, row-major. Refused when a dim exceeds 2^31 or a block has an extent beyond 1…kLargestExtent.
    static Result<BsrWeight> fromDense(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns, std::int64_t blockRows,
                                       std::int64_t blockColumns);
};

/// x: m × columns, y: m × rows, row-major and dense; scratch as scratchFloats() says. Allocates nothing.
void matMul(const BsrWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch,
            Isa isa = bestIsa());

}  // namespace trimtab::cpu::simd
