#include "core/compress/second_order/sparse_gpt.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <span>

#include "core/compress/prune/lowest.h"
#include "core/compress/prune/magnitude.h"
#include "core/compress/second_order/compensation.h"
#include "core/compress/second_order/weight_check.h"

namespace trimtab::compress {
namespace {

// Behind every cost that a living column can have, yet in double still ordered among themselves.
constexpr double kOfDeadColumns = 0x1p-300;

/// The `count` smallest costs are marked. `scratch` is overwritten.
void markCheapest(std::span<const double> costs, std::int64_t count, std::vector<double>& scratch,
                  const std::function<void(std::size_t)>& mark) {
    scratch.assign(costs.begin(), costs.end());
    Lowest<double> cheapest(scratch, count);
    for (std::size_t i = 0; i < costs.size(); ++i)
        if (cheapest.takes(costs[i])) mark(i);
}

class Pruning {
public:
    Pruning(std::vector<float>& values, std::int64_t rows, std::int64_t columns, const PartFactors& factors, const Sparsity& sparsity)
        : m_values(values),
          m_rows(rows),
          m_columns(columns),
          m_rowsOfPart(rows / static_cast<std::int64_t>(factors.size())),
          m_sparsity(sparsity),
          m_goes(values.size(), 0) {
        for (const InverseFactor* factor : factors) {
            const std::size_t first = m_compensations.size() * static_cast<std::size_t>(m_rowsOfPart * columns);
            m_compensations.emplace_back(*factor, values.data() + first, m_rowsOfPart);
            for (std::int64_t j = 0; j < columns; ++j) {
                const double corner = factor->row(j)[j];
                m_weights.push_back((factor->dead[static_cast<std::size_t>(j)] != 0 ? kOfDeadColumns : 1) / (corner * corner));
            }
        }
    }

    Status run(TensorMath& math, const std::function<bool()>& cancelled) {
        for (std::int64_t begin = 0, end = 0; begin < m_columns; begin = end) {
            if (cancelled && cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
            end = endOfPanel(begin, m_columns, std::max<std::int64_t>(m_sparsity.of, 1));
            for (Compensation& part : m_compensations) part.open(begin, end);
            if (m_sparsity.of == 0) chooseInPanel(begin, end);
            forEachRow(m_rows, [&](std::int64_t row) { pruneRow(row); });
            TRIMTAB_REQUIRE(m_overflow.check());
            for (Compensation& part : m_compensations) TRIMTAB_REQUIRE(part.spread(math));
        }
        return {};
    }

private:
    std::size_t partOf(std::int64_t row) const { return static_cast<std::size_t>(row / m_rowsOfPart); }
    std::size_t index(std::int64_t row, std::int64_t column) const { return static_cast<std::size_t>(row * m_columns + column); }

    // Costs must have an order: NaN has none.
    double cost(std::int64_t row, std::int64_t column) {
        const float value = m_values[index(row, column)];
        m_overflow.watch(value);
        const std::size_t weight = partOf(row) * static_cast<std::size_t>(m_columns) + static_cast<std::size_t>(column);
        return std::isnan(value) ? 0 : static_cast<double>(value) * value * m_weights[weight];
    }

    void chooseInPanel(std::int64_t begin, std::int64_t end) {
        const std::int64_t width = end - begin;
        m_costs.resize(static_cast<std::size_t>(m_rows * width));
        forEachRow(m_rows, [&](std::int64_t row) {
            for (std::int64_t j = 0; j < width; ++j) m_costs[static_cast<std::size_t>(row * width + j)] = cost(row, begin + j);
        });
        const std::int64_t wanted = countToPrune(m_sparsity.ratio, m_rows * end);
        markCheapest(m_costs, wanted - m_chosen, m_scratch, [&](std::size_t i) {
            const auto place = static_cast<std::int64_t>(i);
            m_goes[index(place / width, begin + place % width)] = 1;
        });
        m_chosen = wanted;
    }

    void chooseInGroup(std::int64_t row, std::int64_t begin) {
        const std::int64_t width = std::min(m_sparsity.of, m_columns - begin);
        const std::int64_t kept = (m_sparsity.keep * width + m_sparsity.of - 1) / m_sparsity.of;
        std::vector<double> costs;
        std::vector<double> scratch;
        for (std::int64_t j = 0; j < width; ++j) costs.push_back(cost(row, begin + j));
        markCheapest(costs, width - kept, scratch, [&](std::size_t i) { m_goes[index(row, begin + static_cast<std::int64_t>(i))] = 1; });
    }

    void pruneRow(std::int64_t row) {
        Compensation& compensation = m_compensations[partOf(row)];
        for (std::int64_t column = compensation.begin(); column < compensation.end(); ++column) {
            if (m_sparsity.of > 0 && column % m_sparsity.of == 0) chooseInGroup(row, column);
            float& value = m_values[index(row, column)];
            m_overflow.watch(value);
            if (m_goes[index(row, column)] == 0) continue;
            compensation.settle(row % m_rowsOfPart, column, value);
            value = 0;
        }
    }

    std::vector<float>& m_values;
    std::int64_t m_rows;
    std::int64_t m_columns;
    std::int64_t m_rowsOfPart;
    Sparsity m_sparsity;
    std::vector<Compensation> m_compensations;  // one a part
    std::vector<std::uint8_t> m_goes;           // rows × columns
    std::vector<double> m_weights;              // parts × columns: what a square costs
    std::vector<double> m_costs;       // of one panel
    std::vector<double> m_scratch;
    std::int64_t m_chosen = 0;  // weights that go, in the panels so far
    Overflow m_overflow;
};

}  // namespace

Status sparseGpt(TensorMath& math, std::vector<float>& values, std::int64_t rows, std::int64_t columns, const PartFactors& factors,
                 const Sparsity& sparsity, const std::function<bool()>& cancelled) {
    assert(columns > 0 && static_cast<std::int64_t>(values.size()) == rows * columns);
    assert(!factors.empty() && rows % static_cast<std::int64_t>(factors.size()) == 0);
    assert(std::ranges::all_of(factors, [&](const InverseFactor* factor) { return factor->size == columns && factor->order.empty(); }));
    assert(sparsity.of > 0 ? sparsity.keep >= 0 && sparsity.keep <= sparsity.of : sparsity.ratio >= 0 && sparsity.ratio < 1);
    TRIMTAB_REQUIRE(refuseInfinities(values));
    return Pruning(values, rows, columns, factors, sparsity).run(math, cancelled);
}

}  // namespace trimtab::compress
