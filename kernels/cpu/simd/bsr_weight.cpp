#include "kernels/cpu/simd/bsr_weight.h"

#include <algorithm>

#include "kernels/cpu/simd/kernel_table.h"

namespace trimtab::cpu::simd {
namespace {

struct Box {
    std::int64_t firstRow, height, firstColumn, width;
};

bool hasNonZero(const std::vector<float>& dense, std::int64_t columns, const Box& box) {
    for (std::int64_t r = 0; r < box.height; ++r) {
        const float* row = dense.data() + (box.firstRow + r) * columns + box.firstColumn;
        if (std::any_of(row, row + box.width, [](float value) { return value != 0; })) return true;
    }
    return false;
}

}  // namespace

std::int64_t BsrWeight::bytes() const {
    return static_cast<std::int64_t>(blockStart.size() * sizeof(std::int64_t) + shortIndex.size() * sizeof(std::uint16_t) +
                                     longIndex.size() * sizeof(std::uint32_t) + values.size() * sizeof(float));
}

Result<BsrWeight> BsrWeight::fromDense(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns, std::int64_t blockRows,
                                       std::int64_t blockColumns) {
    TRIMTAB_REQUIRE(checkSparseShape(rows, columns));
    if (blockRows < 1 || blockRows > kLargestExtent || blockColumns < 1 || blockColumns > kLargestExtent)
        return fail(ErrorCode::Refused, "a block of a sparse weight may have 1 to 64 rows and columns");
    BsrWeight bsr;
    bsr.rows = rows;
    bsr.columns = columns;
    bsr.blockRows = blockRows;
    bsr.blockColumns = blockColumns;
    const std::int64_t across = (columns + blockColumns - 1) / blockColumns;
    std::int64_t blocks = 0;
    bsr.blockStart.push_back(0);
    std::vector<std::int64_t> kept;
    for (std::int64_t first = 0; first < rows; first += blockRows) {
        const std::int64_t height = std::min(blockRows, rows - first);
        kept.clear();
        for (std::int64_t j = 0; j < across; ++j) {
            const std::int64_t width = std::min(blockColumns, columns - j * blockColumns);
            if (hasNonZero(dense, columns, {first, height, j * blockColumns, width})) kept.push_back(j);
        }
        for (const std::int64_t j : kept) {
            if (across <= kShortIndices) bsr.shortIndex.push_back(static_cast<std::uint16_t>(j));
            else bsr.longIndex.push_back(static_cast<std::uint32_t>(j));
        }
        for (std::int64_t r = 0; r < height; ++r) {
            const float* row = dense.data() + (first + r) * columns;
            for (const std::int64_t j : kept)
                for (std::int64_t k = j * blockColumns; k < (j + 1) * blockColumns; ++k) bsr.values.push_back(k < columns ? row[k] : 0.0F);
        }
        blocks += static_cast<std::int64_t>(kept.size());
        bsr.blockStart.push_back(blocks);
    }
    return bsr;
}

void matMul(const BsrWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch, Isa isa) {
    multiply(kernels(isa).bsr, weight, x, m, y, epilogue, scratch);
}

}  // namespace trimtab::cpu::simd
