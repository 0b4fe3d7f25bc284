#include "kernels/cpu/simd/coo_weight.h"

#include "kernels/cpu/simd/kernel_table.h"

namespace trimtab::cpu::simd {

std::int64_t CooWeight::bytes() const {
    return static_cast<std::int64_t>((shortRow.size() + shortColumn.size()) * sizeof(std::uint16_t) +
                                     (longRow.size() + longColumn.size()) * sizeof(std::uint32_t) + values.size() * sizeof(float));
}

Result<CooWeight> CooWeight::fromDense(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns) {
    TRIMTAB_REQUIRE(checkSparseShape(rows, columns));
    CooWeight coo;
    coo.rows = rows;
    coo.columns = columns;
    const bool isShort = rows <= kShortIndices && columns <= kShortIndices;
    for (std::int64_t n = 0; n < rows; ++n) {
        for (std::int64_t k = 0; k < columns; ++k) {
            const float value = dense[static_cast<std::size_t>(n * columns + k)];
            if (value == 0) continue;
            coo.values.push_back(value);
            if (isShort) {
                coo.shortRow.push_back(static_cast<std::uint16_t>(n));
                coo.shortColumn.push_back(static_cast<std::uint16_t>(k));
            } else {
                coo.longRow.push_back(static_cast<std::uint32_t>(n));
                coo.longColumn.push_back(static_cast<std::uint32_t>(k));
            }
        }
    }
    return coo;
}

void matMul(const CooWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch, Isa isa) {
    multiply(kernels(isa).coo, weight, x, m, y, epilogue, scratch);
}

}  // namespace trimtab::cpu::simd
