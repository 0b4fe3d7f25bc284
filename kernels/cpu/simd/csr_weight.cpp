#include "kernels/cpu/simd/csr_weight.h"

#include "kernels/cpu/simd/kernel_table.h"

namespace trimtab::cpu::simd {

// Below this many rows gathering is cheaper than transposing x.
static constexpr std::int64_t kWideRows = 8;

std::int64_t CsrWeight::bytes() const {
    return static_cast<std::int64_t>(rowStart.size() * sizeof(std::int64_t) + shortIndex.size() * sizeof(std::uint16_t) +
                                     longIndex.size() * sizeof(std::uint32_t) + values.size() * sizeof(float));
}

Result<CsrWeight> CsrWeight::fromDense(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns) {
    if (rows > INT32_MAX || columns > INT32_MAX) return fail(ErrorCode::Refused, "a sparse weight may have at most 2^31 - 1 rows and columns");
    CsrWeight csr;
    csr.rows = rows;
    csr.columns = columns;
    csr.rowStart.reserve(static_cast<std::size_t>(rows + 1));
    csr.rowStart.push_back(0);
    const bool isShort = columns <= 65536;
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

std::int64_t scratchFloats(const CsrWeight& weight, std::int64_t m) { return m < kWideRows ? 0 : kTileRows * (weight.columns + weight.rows); }

void matMul(const CsrWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch, Isa isa) {
    if (m < kWideRows) kernels(isa).csrNarrow(weight, x, m, y, epilogue);
    else kernels(isa).csrWide(weight, x, m, y, epilogue, scratch);
}

}  // namespace trimtab::cpu::simd
