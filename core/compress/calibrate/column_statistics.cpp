#include "core/compress/calibrate/column_statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/base/statistics.h"

namespace trimtab::compress {

ColumnStatistics::ColumnStatistics(std::int64_t columns)
    : m_squares(static_cast<std::size_t>(columns)),
      m_magnitudes(m_squares.size()),
      m_largest(m_squares.size()) {
    assert(columns > 0);
}

Status ColumnStatistics::see(std::span<const float> rows) {
    const std::size_t width = m_largest.size();
    assert(rows.size() % width == 0);
    if (!std::all_of(rows.begin(), rows.end(), [](float value) { return std::isfinite(value); }))
        return fail(ErrorCode::Refused, "the activations hold NaN or infinities; check the model and the calibration data");
    for (std::size_t begin = 0; begin < rows.size(); begin += width) {
        for (std::size_t i = 0; i < width; ++i) {
            const float magnitude = std::abs(rows[begin + i]);
            m_squares[i] += static_cast<double>(magnitude) * magnitude;
            m_magnitudes[i] += magnitude;
            m_largest[i] = std::max(m_largest[i], magnitude);
        }
    }
    m_rows += static_cast<std::int64_t>(rows.size() / width);
    return {};
}

std::vector<double> ColumnStatistics::norms() const {
    std::vector<double> norms(m_squares.size());
    std::transform(m_squares.begin(), m_squares.end(), norms.begin(), [](double sum) { return std::sqrt(sum); });
    return norms;
}

std::vector<double> ColumnStatistics::meanMagnitudes() const {
    std::vector<double> means(m_magnitudes.size());
    if (m_rows > 0)
        std::ranges::transform(m_magnitudes, means.begin(), [&](double sum) { return sum / static_cast<double>(m_rows); });
    return means;
}

std::vector<OutlierColumn> outlierColumns(std::span<const float> largest, double factor) {
    std::vector<OutlierColumn> found;
    if (largest.empty()) return found;
    const std::vector<double> maxima(largest.begin(), largest.end());
    const double median = base::median(maxima);
    for (std::size_t i = 0; i < maxima.size(); ++i) {
        if (!(maxima[i] > factor * median)) continue;
        const double times = median > 0 ? maxima[i] / median : std::numeric_limits<double>::infinity();
        found.push_back({static_cast<std::int64_t>(i), largest[i], times});
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.largest > b.largest; });
    return found;
}

}  // namespace trimtab::compress
