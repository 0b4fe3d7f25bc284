#include "core/compress/second_order/gptq.h"

#include <algorithm>
#include <cassert>

#include "core/compress/second_order/compensation.h"
#include "core/compress/second_order/weight_check.h"

namespace trimtab::compress {
namespace {

/// One weight on its way from values to codes.
class Rounding {
public:
    Rounding(std::vector<float>& values, std::int64_t rows, std::int64_t columns, const recipe::WeightSpec& spec,
             const InverseFactor& factor, const GptqOptions& options)
        : m_values(values),
          m_factor(factor),
          m_options(options),
          m_perTensor(spec.group < 0),
          m_grid(options.grid ? *options.grid : CodeGrid(spec, values)),
          m_weight(m_grid.emptyWeight(rows, columns)) {
        m_steps.resize(static_cast<std::size_t>(rows * m_weight.groups()));
        m_stepsInTurn = !m_perTensor && !options.staticGroups && factor.order.empty() && m_weight.group < columns;
        if (!m_options.findStep) m_options.findStep = [this](std::span<const float> group) { return m_grid.covering(group); };
    }

    Result<tensor::QuantizedWeight> run(TensorMath& math) {
        const std::int64_t columns = m_weight.columns;
        if (!m_stepsInTurn) findAllSteps();
        if (!m_factor.order.empty()) putInOrder();
        Compensation compensation(m_factor, m_values.data(), m_weight.rows);
        for (std::int64_t begin = 0; begin < columns; begin = compensation.end()) {
            if (m_options.cancelled && m_options.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
            compensation.open(begin, endOfPanel(begin, columns, m_stepsInTurn ? m_weight.group : 1));
            forEachRow(m_weight.rows, [&](std::int64_t row) { roundRow(row, compensation); });
            TRIMTAB_REQUIRE(m_overflow.check());
            TRIMTAB_REQUIRE(compensation.spread(math));
        }
        for (const Step& step : m_steps) {
            m_weight.scales.push_back(step.scale);
            if (!m_weight.symmetric) m_weight.zeroPoints.push_back(static_cast<std::int8_t>(step.zero));
        }
        return std::move(m_weight);
    }

private:
    Step& step(std::int64_t row, std::int64_t group) { return m_steps[static_cast<std::size_t>(row * m_weight.groups() + group)]; }

    bool staysZero(std::int64_t index) const {
        return !m_options.mustStayZero.empty() && m_options.mustStayZero[static_cast<std::size_t>(index)] != 0;
    }

    // Weights that must stay zero lend no range to the others: what earlier errors made of them is dropped.
    Step findStep(std::int64_t first, std::int64_t count) const {
        const std::span<const float> group(m_values.data() + first, static_cast<std::size_t>(count));
        if (m_options.mustStayZero.empty()) return m_options.findStep(group);
        std::vector<float> kept(group.begin(), group.end());
        for (std::int64_t i = 0; i < count; ++i)
            if (staysZero(first + i)) kept[static_cast<std::size_t>(i)] = 0;
        return m_options.findStep(kept);
    }

    void findAllSteps() {
        if (m_perTensor) {
            std::fill(m_steps.begin(), m_steps.end(), findStep(0, m_weight.rows * m_weight.columns));
            return;
        }
        forEachRow(m_weight.rows, [&](std::int64_t row) {
            for (std::int64_t group = 0; group < m_weight.groups(); ++group) findGroup(row, group);
        });
    }

    void findGroup(std::int64_t row, std::int64_t group) {
        const std::int64_t begin = group * m_weight.group;
        step(row, group) = findStep(row * m_weight.columns + begin, std::min(m_weight.group, m_weight.columns - begin));
    }

    void putInOrder() {
        forEachRow(m_weight.rows, [&](std::int64_t row) {
            const auto first = m_values.begin() + row * m_weight.columns;
            const std::vector<float> before(first, first + m_weight.columns);
            for (std::int64_t place = 0; place < m_weight.columns; ++place)
                first[place] = before[static_cast<std::size_t>(m_factor.columnAt(place))];
        });
    }

    void roundRow(std::int64_t row, Compensation& compensation) {
        for (std::int64_t place = compensation.begin(); place < compensation.end(); ++place) {
            const std::int64_t column = m_factor.columnAt(place);
            const std::int64_t group = column / m_weight.group;
            if (m_stepsInTurn && column % m_weight.group == 0) findGroup(row, group);
            const Step& itsStep = step(row, group);
            const std::int64_t index = row * m_weight.columns + column;
            std::int8_t& code = m_weight.codes[static_cast<std::size_t>(index)];
            const float value = m_values[static_cast<std::size_t>(row * m_weight.columns + place)];
            m_overflow.watch(value);
            if (staysZero(index)) code = m_grid.zeroCode(itsStep);
            else m_grid.encode(std::span(&value, 1), itsStep, &code);
            compensation.settle(row, place, value - m_grid.decode(code, itsStep));
        }
    }

    std::vector<float>& m_values;  // rows × columns, by place
    const InverseFactor& m_factor;
    GptqOptions m_options;
    bool m_perTensor;
    bool m_stepsInTurn = false;
    CodeGrid m_grid;
    tensor::QuantizedWeight m_weight;
    std::vector<Step> m_steps;  // rows × groups
    Overflow m_overflow;
};

}  // namespace

Result<tensor::QuantizedWeight> gptq(TensorMath& math, std::vector<float> values, std::int64_t rows, std::int64_t columns,
                                     const recipe::WeightSpec& spec, const InverseFactor& factor, const GptqOptions& options) {
    assert(spec.bits >= 2 && spec.bits <= 8 && columns > 0 && static_cast<std::int64_t>(values.size()) == rows * columns);
    assert(factor.size == columns && (options.mustStayZero.empty() || options.mustStayZero.size() == values.size()));
    TRIMTAB_REQUIRE(refuseInfinities(values));
    return Rounding(values, rows, columns, spec, factor, options).run(math);
}

}  // namespace trimtab::compress
