#include "core/compress/structure/repaired_shares.h"

#include <algorithm>
#include <limits>

#include "core/compress/layer_error.h"
#include "core/compress/second_order/compensation.h"
#include "core/compress/second_order/factor.h"
#include "core/compress/structure/reader_inputs.h"

namespace trimtab::compress {
namespace {

constexpr double kDamping = 1e-3;  // H⁻¹ is worked on in many steps: a share of the mean diagonal keeps it sound

/// A⁻¹ of a small symmetric positive matrix, by elimination without pivots.
void invert(std::vector<double>& a, std::size_t size) {
    for (std::size_t k = 0; k < size; ++k) {
        const double pivot = 1 / std::max(a[k * size + k], std::numeric_limits<double>::min());
        a[k * size + k] = 1;
        for (std::size_t j = 0; j < size; ++j) a[k * size + j] *= pivot;
        for (std::size_t i = 0; i < size; ++i) {
            if (i == k) continue;
            const double times = a[i * size + k];
            a[i * size + k] = 0;
            for (std::size_t j = 0; j < size; ++j) a[i * size + j] -= times * a[k * size + j];
        }
    }
}

/// The units that one product reads, leaving one after the other.
class Leaving {
public:
    Leaving(const UnitReader& reader, const Shape& weight, const std::vector<float>& rows, std::int64_t outputs)
        : m_outputs(static_cast<std::size_t>(outputs)), m_columns(rows.size() / m_outputs), m_weights(rows.size()) {
        for (std::size_t o = 0; o < m_outputs; ++o)
            for (std::size_t c = 0; c < m_columns; ++c) m_weights[c * m_outputs + o] = rows[o * m_columns + c];
        for (const auto& [unit, indices] : reader.indices) m_units.push_back({unit, columnsAt(indices, weight)});
    }

    /// Puts each unit's ε, as a share of Σ‖W x‖², into `shares`.
    Status run(ReaderInputs inputs, const Tools& tools, std::vector<double>& shares) {
        const double whole = energy(inputs.products);
        m_size = static_cast<std::size_t>(inputs.products.size);
        TRIMTAB_TRY(const InverseFactor factor, factorInverse(*tools.math, std::move(inputs.products), {kDamping, false, tools.cancelled}));
        std::vector<float> inverse(m_size * m_size);
        const auto size = static_cast<std::int64_t>(m_size);
        const TensorMath::Operand upper{factor.row(0), size, false}, lower{factor.row(0), size, true};
        TRIMTAB_REQUIRE(tools.math->multiply(size, size, size, 1, lower, upper, 0, inverse.data(), size));
        m_inverse.assign(inverse.begin(), inverse.end());
        double most = 0;
        while (!m_units.empty()) {
            if (tools.stops()) return fail(ErrorCode::Cancelled, "cancelled");
            most = std::max(most * (1 + 1e-9), removeCheapest(shares, most, whole));
        }
        return {};
    }

private:
    struct Unit {
        int number = 0;
        std::vector<std::size_t> columns;
    };

    /// Σ‖W x‖² = Σ_outputs w H wᵀ.
    double energy(const Hessian& products) const {
        double sum = 0;
        const float* const h = products.values.data<float>().data();
        for (std::size_t i = 0; i < m_columns; ++i)
            for (std::size_t j = 0; j < m_columns; ++j) {
                double both = 0;
                for (std::size_t o = 0; o < m_outputs; ++o) both += m_weights[i * m_outputs + o] * m_weights[j * m_outputs + o];
                sum += both * h[i * static_cast<std::size_t>(products.size) + j];
            }
        return sum;
    }

    /// ([H⁻¹]_JJ)⁻¹
    std::vector<double> cornerOf(const Unit& unit) const {
        const std::size_t size = unit.columns.size();
        std::vector<double> corner(size * size);
        for (std::size_t i = 0; i < size; ++i)
            for (std::size_t j = 0; j < size; ++j) corner[i * size + j] = m_inverse[unit.columns[i] * m_size + unit.columns[j]];
        invert(corner, size);
        return corner;
    }

    double errorOf(const Unit& unit) const {
        const std::vector<double> corner = cornerOf(unit);
        const std::size_t size = unit.columns.size();
        double error = 0;
        for (std::size_t i = 0; i < size; ++i)
            for (std::size_t j = 0; j < size; ++j) {
                const double* const a = &m_weights[unit.columns[i] * m_outputs];
                const double* const b = &m_weights[unit.columns[j] * m_outputs];
                double both = 0;
                for (std::size_t o = 0; o < m_outputs; ++o) both += a[o] * b[o];
                error += both * corner[i * size + j];
            }
        return std::max(error, 0.0);
    }

    double removeCheapest(std::vector<double>& shares, double most, double whole) {
        std::vector<double> errors(m_units.size());
        forEachRow(static_cast<std::int64_t>(m_units.size()), [&](std::int64_t row) {
            const auto u = static_cast<std::size_t>(row);
            errors[u] = errorOf(m_units[u]);
        });
        const auto cheapest = std::ranges::min_element(errors) - errors.begin();
        const Unit unit = m_units[static_cast<std::size_t>(cheapest)];
        const double error = whole > 0 ? errors[static_cast<std::size_t>(cheapest)] / whole : 0;
        shares[static_cast<std::size_t>(unit.number)] += std::max(error, most * (1 + 1e-9));
        m_units.erase(m_units.begin() + cheapest);
        makeUpFor(unit);
        return error;
    }

    /// All other columns of W and H⁻¹ hear of the unit's absence.
    void makeUpFor(const Unit& unit) {
        const std::vector<double> corner = cornerOf(unit);
        const std::size_t size = unit.columns.size();
        std::vector<double> rows(size * m_size), weights(size * m_outputs);  // of H⁻¹ and W at the unit's columns, as they were
        for (std::size_t i = 0; i < size; ++i) {
            std::copy_n(&m_inverse[unit.columns[i] * m_size], m_size, &rows[i * m_size]);
            std::copy_n(&m_weights[unit.columns[i] * m_outputs], m_outputs, &weights[i * m_outputs]);
        }
        forEachRow(static_cast<std::int64_t>(m_size), [&](std::int64_t row) {
            const auto k = static_cast<std::size_t>(row);
            for (std::size_t j = 0; j < size; ++j) {
                double by = 0;
                for (std::size_t i = 0; i < size; ++i) by += rows[i * m_size + k] * corner[i * size + j];
                if (by == 0) continue;
                for (std::size_t l = 0; l < m_size; ++l) m_inverse[k * m_size + l] -= by * rows[j * m_size + l];
                if (k >= m_columns) continue;  // the bias
                for (std::size_t o = 0; o < m_outputs; ++o) m_weights[k * m_outputs + o] -= by * weights[j * m_outputs + o];
            }
        });
    }

    std::size_t m_outputs, m_columns, m_size = 0;
    std::vector<double> m_weights;  // columns × outputs
    std::vector<double> m_inverse;  // H⁻¹
    std::vector<Unit> m_units;      // that are still there
};

}  // namespace

Result<std::vector<double>> repairedShares(const Graph& graph, const UnitGroups& found, const std::vector<bool>& wanted,
                                           const Tools& tools) {
    TRIMTAB_REQUIRE(tools.requireCalibration());
    std::vector<double> shares(static_cast<std::size_t>(found.unitCount));
    tools.activations->restart();
    for (const UnitReader& reader : unitReaders(graph, found, wanted)) {
        const graph::Node& node = graph.nodes[static_cast<std::size_t>(reader.node)];
        const Tensor& weight = *graph.constantOf(node.input(1));
        TRIMTAB_TRY(const auto rows, tensor::toRows(weight, reader.layout));
        auto inputs = readerInputs(graph, reader, tools);
        if (!inputs) return atLayer(std::move(inputs).error(), node);
        Leaving leaving(reader, weight.shape(), rows, weight.shape()[reader.outputsFirst() ? 0 : 1]);
        if (auto done = leaving.run(std::move(*inputs), tools, shares); !done) return atLayer(std::move(done).error(), node);
    }
    tools.activations->restart();
    return shares;
}

}  // namespace trimtab::compress
