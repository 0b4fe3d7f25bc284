#pragma once
// What settling one weight does to those of its row that are not settled yet: w ← w − e · [H_F⁻¹]_j / [H_F⁻¹]_jj, e being what weight j
// lost (Frantar and Alistarh 2022, "Optimal Brain Compression", equation 3), read off U as U_jk / U_jj. Within a panel of columns this is
// done weight by weight; what comes after the panel hears of all its errors at once, by one product ("lazy batches": Frantar et al. 2023,
// "GPTQ", section 3, step 2).
#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/compress/second_order/factor.h"

namespace trimtab::compress {

constexpr std::int64_t kPanelColumns = 128;

/// Where the panel that begins at `begin` ends when `unit` columns must not be torn apart: a multiple of the unit, or, where a unit is
/// wider than a panel, a part of one unit.
std::int64_t endOfPanel(std::int64_t begin, std::int64_t columns, std::int64_t unit);

/// Columns are counted by place (see InverseFactor). Between two calls of open() several threads may settle different rows.
class Compensation {
public:
    /// `values` is rows × factor.size; both outlive this.
    Compensation(const InverseFactor& factor, float* values, std::int64_t rows) : m_factor(factor), m_values(values), m_rows(rows) {}

    /// Starts on the columns [begin, end), no error made so far.
    void open(std::int64_t begin, std::int64_t end);

    std::int64_t begin() const { return m_begin; }
    std::int64_t end() const { return m_end; }

    /// The weight became `error` less; the later ones of its row within the panel make up for it.
    void settle(std::int64_t row, std::int64_t column, float error);

    /// The columns after the panel make up for all errors made in it.
    Status spread(TensorMath& math);

private:
    const InverseFactor& m_factor;
    float* m_values;
    std::int64_t m_rows;
    std::int64_t m_begin = 0;
    std::int64_t m_end = 0;
    std::vector<float> m_ratios;  // (end − begin) × (size − begin): U_jk / U_jj, right of the diagonal
    std::vector<float> m_errors;  // rows × (end − begin)
};

/// body(row) for every row, several at a time.
void forEachRow(std::int64_t rows, const std::function<void(std::int64_t row)>& body);

}  // namespace trimtab::compress
