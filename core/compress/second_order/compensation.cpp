#include "core/compress/second_order/compensation.h"

#include "core/base/parallel.h"

namespace trimtab::compress {

std::int64_t endOfPanel(std::int64_t begin, std::int64_t columns, std::int64_t unit) {
    const std::int64_t width = unit <= kPanelColumns ? kPanelColumns / unit * unit : std::min(kPanelColumns, unit - begin % unit);
    return std::min(begin + width, columns);
}

void Compensation::open(std::int64_t begin, std::int64_t end) {
    m_begin = begin;
    m_end = end;
    const std::int64_t length = m_factor.size - begin;
    m_ratios.resize(static_cast<std::size_t>((end - begin) * length));
    for (std::int64_t j = begin; j < end; ++j) {
        const float* const from = m_factor.row(j);
        float* const to = m_ratios.data() + (j - begin) * length;
        for (std::int64_t k = j + 1; k < m_factor.size; ++k) to[k - begin] = from[k] / from[j];
    }
    m_errors.assign(static_cast<std::size_t>(m_rows * (end - begin)), 0.0F);
}

void Compensation::settle(std::int64_t row, std::int64_t column, float error) {
    m_errors[static_cast<std::size_t>(row * (m_end - m_begin) + column - m_begin)] = error;
    const float* const ratios = m_ratios.data() + (column - m_begin) * (m_factor.size - m_begin);
    float* const values = m_values + row * m_factor.size + m_begin;
    for (std::int64_t k = column + 1 - m_begin; k < m_end - m_begin; ++k) values[k] -= error * ratios[k];
}

Status Compensation::spread(TensorMath& math) {
    const std::int64_t after = m_factor.size - m_end;
    if (after == 0 || m_rows == 0) return {};
    const std::int64_t width = m_end - m_begin;
    return math.multiply(m_rows, after, width, -1, {m_errors.data(), width, false},
                         {m_ratios.data() + width, m_factor.size - m_begin, false}, 1, m_values + m_end, m_factor.size);
}

void forEachRow(std::int64_t rows, const std::function<void(std::int64_t row)>& body) {
    constexpr std::int64_t kChunk = 16;
    base::parallelFor(static_cast<std::size_t>((rows + kChunk - 1) / kChunk), [&](std::size_t chunk) {
        const std::int64_t first = static_cast<std::int64_t>(chunk) * kChunk;
        for (std::int64_t row = first; row < std::min(first + kChunk, rows); ++row) body(row);
    });
}

}  // namespace trimtab::compress
