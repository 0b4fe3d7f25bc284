// Importance by what calibration data make of units.
#include <algorithm>
#include <cmath>
#include <map>

#include "core/compress/calibrate/input_rows.h"
#include "core/compress/layer_error.h"
#include "core/compress/structure/unit_importance.h"
#include "core/compress/structure/unit_readers.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

using graph::Node;

/// Σ a_J a_Jᵀ of each unit's columns over rows, and Σ‖W a‖² of the whole product.
class OutputEnergy {
public:
    OutputEnergy(const UnitReader& reader, const Tensor& weight, std::vector<float> rows)
        : m_weight(std::move(rows)),
          m_outputs(weight.shape()[reader.outputsFirst() ? 0 : 1]),
          m_columns(static_cast<std::int64_t>(m_weight.size()) / m_outputs) {
        for (const auto& [unit, indices] : reader.indices) {
            Moments& moments = m_units[unit];
            moments.columns = columnsAt(indices, weight.shape());
            moments.sum.resize(moments.columns.size() * moments.columns.size());
        }
    }

    Status see(const InputRows& rows, TensorMath& math) {
        TRIMTAB_REQUIRE(addWhole(rows, math));
        for (auto& [unit, moments] : m_units) TRIMTAB_REQUIRE(add(moments, rows, math));
        return {};
    }

    /// tr(W_J · M · W_Jᵀ) / Σ‖W a‖²
    void addShares(std::vector<double>& shares) const {
        for (const auto& [unit, moments] : m_units) {
            const std::size_t size = moments.columns.size();
            double error = 0;
            for (std::int64_t n = 0; n < m_outputs; ++n) {
                const float* row = m_weight.data() + n * m_columns;
                for (std::size_t i = 0; i < size; ++i) {
                    double sum = 0;
                    for (std::size_t j = 0; j < size; ++j) sum += moments.sum[i * size + j] * row[moments.columns[j]];
                    error += sum * row[moments.columns[i]];
                }
            }
            if (m_whole > 0) shares[static_cast<std::size_t>(unit)] += error / m_whole;
        }
    }

private:
    struct Moments {
        std::vector<std::size_t> columns;
        std::vector<double> sum;  // columns × columns
    };

    Status addWhole(const InputRows& rows, TensorMath& math) {
        constexpr std::int64_t kAtOnce = 1024;
        m_scratch.resize(static_cast<std::size_t>(std::min(kAtOnce, rows.rows) * m_outputs));
        for (std::int64_t begin = 0; begin < rows.rows; begin += kAtOnce) {
            const std::int64_t count = std::min(kAtOnce, rows.rows - begin);
            TRIMTAB_REQUIRE(math.multiply(count, m_outputs, m_columns, 1, {rows.values.data() + begin * m_columns, m_columns, false},
                                          {m_weight.data(), m_columns, true}, 0, m_scratch.data(), m_outputs));
            for (std::int64_t i = 0; i < count * m_outputs; ++i)
                m_whole += static_cast<double>(m_scratch[static_cast<std::size_t>(i)]) * m_scratch[static_cast<std::size_t>(i)];
        }
        return {};
    }

    Status add(Moments& moments, const InputRows& rows, TensorMath& math) {
        const std::size_t size = moments.columns.size(), count = static_cast<std::size_t>(rows.rows);
        m_scratch.resize(count * size);
        for (std::size_t r = 0; r < count; ++r)
            for (std::size_t i = 0; i < size; ++i)
                m_scratch[r * size + i] = rows.values[r * static_cast<std::size_t>(rows.columns) + moments.columns[i]];
        if (size == 1) {
            for (const float value : m_scratch) moments.sum[0] += static_cast<double>(value) * value;
            return {};
        }
        const auto width = static_cast<std::int64_t>(size);
        m_products.resize(size * size);
        TRIMTAB_REQUIRE(math.multiply(width, width, rows.rows, 1, {m_scratch.data(), width, true}, {m_scratch.data(), width, false}, 0,
                                      m_products.data(), width));
        for (std::size_t i = 0; i < m_products.size(); ++i) moments.sum[i] += m_products[i];
        return {};
    }

    std::vector<float> m_weight;  // outputs × columns
    std::int64_t m_outputs;
    std::int64_t m_columns;
    std::map<int, Moments> m_units;
    double m_whole = 0;
    std::vector<float> m_scratch, m_products;
};

/// A tensor as rows × extent of `axis`; the place of element (row, index).
struct AlongAxis {
    std::int64_t extent = 0, inner = 1, rows = 0;

    AlongAxis(const Shape& shape, int axis) : extent(shape[axis]) {
        for (int d = axis + 1; d < shape.rank(); ++d) inner *= shape[d];
        rows = shape.elementCount() / std::max<std::int64_t>(extent, 1);
    }
    std::size_t at(std::int64_t row, std::int64_t index) const {
        return static_cast<std::size_t>((row / inner * extent + index) * inner + row % inner);
    }
};

int axisRead(const UnitReader& reader, const Shape& input) { return reader.convolves ? 1 : input.rank() - 1; }

/// Rows in which each unit is active, of all rows.
struct Activity {
    double threshold = 0;
    std::int64_t rows = 0;
    std::map<int, std::int64_t> active;

    void see(const UnitReader& reader, const Tensor& value) {
        const AlongAxis along(value.shape(), axisRead(reader, value.shape()));
        const std::vector<float> values = tensor::toFloats(value);
        for (std::int64_t row = 0; row < along.rows; ++row) {
            for (const auto& [unit, indices] : reader.indices) {
                double sum = 0;
                for (const std::size_t index : indices) sum += std::abs(values[along.at(row, static_cast<std::int64_t>(index))]);
                active[unit] += sum > threshold * static_cast<double>(indices.size()) ? 1 : 0;
            }
        }
        rows += along.rows;
    }
};

Result<double> meanMagnitude(const Graph& graph, graph::ValueId input, const Tools& tools) {
    double sum = 0, count = 0;
    const auto take = [&](std::size_t, const Tensor& value) -> Status {
        for (const float x : tensor::toFloats(value)) sum += std::abs(x);
        count += static_cast<double>(value.elementCount());
        if (!std::isfinite(sum))
            return fail(ErrorCode::Refused, "the activations hold NaN or infinities; check the model and the calibration data");
        return {};
    };
    TRIMTAB_REQUIRE(tools.activations->forEach(graph, std::span(&input, 1), take));
    if (count == 0) return fail(ErrorCode::Refused, "no calibration data reach this layer");
    return sum / count;
}

}  // namespace

Result<std::vector<double>> outputShares(const Graph& graph, const UnitGroups& found, const std::vector<bool>& wanted, const Tools& tools) {
    TRIMTAB_REQUIRE(tools.requireCalibration());
    std::vector<double> shares(static_cast<std::size_t>(found.unitCount));
    tools.activations->restart();
    for (const UnitReader& reader : unitReaders(graph, found, wanted)) {
        if (tools.stops()) return fail(ErrorCode::Cancelled, "cancelled");
        const Node& node = graph.nodes[static_cast<std::size_t>(reader.node)];
        const Tensor& weight = *graph.constantOf(node.input(1));
        TRIMTAB_TRY(auto rows, tensor::toRows(weight, reader.layout));
        OutputEnergy energy(reader, weight, std::move(rows));
        const auto take = [&](std::size_t, const Tensor& value) -> Status {
            TRIMTAB_TRY(const InputRows input, inputRows(node, weight.shape(), value, 0));
            return energy.see(input, *tools.math);
        };
        const graph::ValueId input = node.input(0);
        if (auto seen = tools.activations->forEach(graph, std::span(&input, 1), take); !seen) return atLayer(std::move(seen).error(), node);
        energy.addShares(shares);
    }
    tools.activations->restart();
    return shares;
}

Result<std::vector<double>> activeShares(const Graph& graph, const UnitGroups& found, const std::vector<bool>& wanted, const Tools& tools) {
    TRIMTAB_REQUIRE(tools.requireCalibration());
    std::vector<double> shares(static_cast<std::size_t>(found.unitCount));
    std::vector<int> readings(shares.size());
    tools.activations->restart();
    for (const UnitReader& reader : unitReaders(graph, found, wanted)) {
        if (tools.stops()) return fail(ErrorCode::Cancelled, "cancelled");
        const Node& node = graph.nodes[static_cast<std::size_t>(reader.node)];
        const graph::ValueId input = node.input(0);
        auto mean = meanMagnitude(graph, input, tools);
        if (!mean) return atLayer(std::move(mean).error(), node);
        Activity activity{kActiveShare * *mean, 0, {}};
        const auto take = [&](std::size_t, const Tensor& value) -> Status {
            activity.see(reader, value);
            return {};
        };
        TRIMTAB_REQUIRE(tools.activations->forEach(graph, std::span(&input, 1), take));
        for (const auto& [unit, count] : activity.active) {
            shares[static_cast<std::size_t>(unit)] += static_cast<double>(count) / static_cast<double>(activity.rows);
            ++readings[static_cast<std::size_t>(unit)];
        }
    }
    for (std::size_t unit = 0; unit < shares.size(); ++unit) shares[unit] /= std::max(readings[unit], 1);
    tools.activations->restart();
    return shares;
}

Result<BlockChange> changeBy(const Graph& graph, const ResidualBlock& block, const Tools& tools) {
    TRIMTAB_REQUIRE(tools.requireCalibration());
    const graph::ValueId ends[] = {block.input(), graph.nodes[static_cast<std::size_t>(block.residuals.back().sum)].output(0)};
    double changed = 0, whole = 0;
    std::int64_t active = 0, rows = 0;
    std::vector<float> before;
    const auto take = [&](std::size_t which, const Tensor& value) -> Status {
        if (which == 0) {
            before = tensor::toFloats(value);
            return {};
        }
        const std::vector<float> after = tensor::toFloats(value);
        const AlongAxis along(value.shape(), value.shape().rank() > 3 ? 1 : value.shape().rank() - 1);
        for (std::int64_t row = 0; row < along.rows; ++row) {
            double difference = 0, size = 0;
            for (std::int64_t i = 0; i < along.extent; ++i) {
                const std::size_t at = along.at(row, i);
                difference += std::pow(static_cast<double>(after[at]) - before[at], 2);
                size += static_cast<double>(after[at]) * after[at];
            }
            changed += difference;
            whole += size;
            active += difference > kActiveShare * kActiveShare * size ? 1 : 0;
        }
        rows += along.rows;
        return {};
    };
    TRIMTAB_REQUIRE(tools.activations->forEach(graph, ends, take));
    if (rows == 0 || !std::isfinite(changed + whole))
        return fail(ErrorCode::Refused, "calibration data make no numbers here",
                    "layer " + graph.nodes[static_cast<std::size_t>(block.residuals.back().sum)].name);
    return BlockChange{whole > 0 ? changed / whole : 0, static_cast<double>(active) / static_cast<double>(rows)};
}

}  // namespace trimtab::compress
