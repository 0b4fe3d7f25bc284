#include "kernels/cpu/simd/csr_weight.h"

#include "kernels/cpu/simd/kernel_table.h"

namespace trimtab::cpu::simd {

std::int64_t CsrWeight::bytes() const {
    return static_cast<std::int64_t>(rowStart.size() * sizeof(std::int64_t) + shortIndex.size() * sizeof(std::uint16_t) +
                                     longIndex.size() * sizeof(std::uint32_t) + values.size() * sizeof(float));
}

Result<CsrWeight> CsrWeight::fromDense(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns) {
    TRIMTAB_REQUIRE(checkSparseShape(rows, columns));
    CsrWeight csr;
    csr.rows = rows;
    csr.columns = columns;
    csr.rowStart.reserve(static_cast<std::size_t>(rows + 1));
    csr.rowStart.push_back(0);
    const bool isShort = columns <= kShortIndices;
    for (std::int64_t n = 0; n < rows; ++n) {
        for (std::int64_t k = 0; k < columns; ++k) {
            const float value = dense[static_cast<std::size_t>(n * columns + k)];
            if (value == 0) continue;
            csr.values.push_back(value);
            if (isShort) csr.shortIndex.push_back(static_cast<std::uint16_t>(k));
            else csr.longIndex.push_back(static_cast<std::uint32_t>(k));
        }
        csr.rowStart.push_back(csr.nonZeros());
    }
    return csr;
}

void matMul(const CsrWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch, Isa isa) {
    multiply(kernels(isa).csr, weight, x, m, y, epilogue, scratch);
}

}  // namespace trimtab::cpu::simd
