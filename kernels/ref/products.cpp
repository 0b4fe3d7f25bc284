#include "kernels/ref/products.h"

#include <algorithm>

namespace trimtab::ref {

void SinglePrecisionProduct::multiply(const float* vector, std::int64_t firstRow, std::int64_t rows, float* out) const {
    for (std::int64_t r = 0; r < rows; ++r) {
        const float* row = m_rows + (firstRow + r) * m_columns;
        float sum = 0;
        for (std::int64_t k = 0; k < m_columns; ++k) sum += vector[k] * row[k];
        out[r] = sum * m_scaleX * m_scaleW;
    }
}

void IntegerProduct::multiply(const float* vector, std::int64_t firstRow, std::int64_t rows, float* out) const {
    const std::int64_t groups = m_weight.groups();
    for (std::int64_t n = firstRow; n < firstRow + rows; ++n) {
        double total = 0;
        for (std::int64_t g = 0; g < groups; ++g) {
            const auto at = static_cast<std::size_t>(n * groups + g);
            const std::int64_t zero = m_weight.zeroPoints.empty() ? 0 : m_weight.zeroPoints[at];
            const std::int64_t end = std::min(m_weight.columns, (g + 1) * m_weight.group);
            std::int64_t sum = 0;
            for (std::int64_t k = g * m_weight.group; k < end; ++k)
                sum += static_cast<std::int64_t>(vector[k]) * (m_weight.codes[static_cast<std::size_t>(n * m_weight.columns + k)] - zero);
            const double scale = m_scales.size() == 1 ? 1.0 : static_cast<double>(m_scales[static_cast<std::size_t>(g)]);
            total += scale * static_cast<double>(m_weight.scales[at]) * static_cast<double>(sum);
        }
        out[n - firstRow] = static_cast<float>(m_scales.size() == 1 ? static_cast<double>(m_scales.front()) * total : total);
    }
}

}  // namespace trimtab::ref
