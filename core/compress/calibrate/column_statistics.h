#pragma once
// What the columns of a layer's input hold, over all rows that calibration sees: the weights of a column meet just these values.
// Sums are kept in double, in memory of a few numbers a column. Thread-compatible.
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/result.h"

namespace trimtab::compress {

class ColumnStatistics {
public:
    /// REQUIRES: columns > 0.
    explicit ColumnStatistics(std::int64_t columns);

    /// Row-major, any number of rows. Refused for NaN and infinities, which would be all that a column's norm tells; then nothing of the
    /// batch is counted. REQUIRES: rows.size() is a multiple of columns().
    Status see(std::span<const float> rows);

    std::int64_t columns() const { return static_cast<std::int64_t>(m_largest.size()); }
    std::int64_t rows() const { return m_rows; }
    const std::vector<double>& sumsOfSquares() const { return m_squares; }
    /// max|x| of each column.
    const std::vector<float>& largest() const { return m_largest; }
    /// ‖X_j‖₂ of each column.
    std::vector<double> norms() const;
    /// mean|x| of each column; 0 before a row was seen.
    std::vector<double> meanMagnitudes() const;

private:
    std::int64_t m_rows = 0;
    std::vector<double> m_squares;
    std::vector<double> m_magnitudes;
    std::vector<float> m_largest;
};

struct OutlierColumn {
    std::int64_t column = 0;
    float largest = 0;
    double timesMedian = 0;  // infinite when the median is 0
};

/// Columns whose maximum exceeds `factor` times the median of the columns' maxima, the largest first, ties in order of columns.
std::vector<OutlierColumn> outlierColumns(std::span<const float> largest, double factor);

}  // namespace trimtab::compress
