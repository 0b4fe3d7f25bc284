#include "core/compress/structure/reconstruct.h"

#include <algorithm>
#include <numeric>

#include "core/compress/layer_error.h"
#include "core/compress/second_order/factor.h"
#include "core/compress/structure/own_constant.h"
#include "core/compress/structure/reader_inputs.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

using graph::Node;

constexpr double kDamping = 1e-4;  // λ as a share of the mean diagonal of H_KK
constexpr int kRefinements = 2;    // each solves for what is left over without λ

/// A matrix row by row.
struct Matrix {
    std::int64_t rows = 0, columns = 0;
    std::vector<float> values;

    Matrix(std::int64_t r, std::int64_t c) : rows(r), columns(c), values(static_cast<std::size_t>(r * c)) {}
    TensorMath::Operand operand(bool transposed = false) const { return {values.data(), columns, transposed}; }
};

/// Rows and columns of `from`, picked.
Matrix picked(const float* from, std::int64_t stride, const std::vector<std::size_t>& rows, const std::vector<std::size_t>& columns) {
    Matrix made(static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(columns.size()));
    auto to = made.values.begin();
    for (const std::size_t row : rows)
        for (const std::size_t column : columns) *to++ = from[row * static_cast<std::size_t>(stride) + column];
    return made;
}

/// X · H_KK = B for X, by steps of (H_KK + λI)⁻¹.
Result<Matrix> solved(const Matrix& square, const Matrix& right, TensorMath& math) {
    const std::int64_t size = square.rows, rows = right.rows;
    TRIMTAB_TRY(Tensor copy, Tensor::fromFloats(Shape{size, size}, square.values).clone());
    TRIMTAB_TRY(const InverseFactor factor, factorInverse(math, Hessian{size, std::move(copy), size}, {kDamping, false, {}}));
    const TensorMath::Operand upper{factor.row(0), size, false}, lower{factor.row(0), size, true};
    Matrix solution(rows, size), residual = right, half(rows, size);
    for (int step = 0; step <= kRefinements; ++step) {
        TRIMTAB_REQUIRE(math.multiply(rows, size, size, 1, residual.operand(), lower, 0, half.values.data(), size));
        TRIMTAB_REQUIRE(math.multiply(rows, size, size, 1, half.operand(), upper, 1, solution.values.data(), size));
        residual = right;
        TRIMTAB_REQUIRE(math.multiply(rows, size, size, -1, solution.operand(), square.operand(), 1, residual.values.data(), size));
    }
    return solution;
}

/// One product that reads units which leave.
class Fit {
public:
    Fit(Graph& graph, const UnitReader& reader, const Tools& tools)
        : m_graph(graph), m_reader(reader), m_tools(tools), m_node(graph.nodes[static_cast<std::size_t>(reader.node)]),
          m_weight(*graph.constantOf(m_node.input(1))) {}

    Status run() {
        TRIMTAB_TRY(m_rows, tensor::toRows(m_weight, m_reader.layout));
        m_outputs = m_weight.shape()[m_reader.outputsFirst() ? 0 : 1];
        m_columns = static_cast<std::int64_t>(m_rows.size()) / m_outputs;
        TRIMTAB_TRY(const ReaderInputs seen, readerInputs(m_graph, m_reader, m_tools));
        const Hessian& hessian = seen.products;
        m_biased = seen.biased;
        sortColumns();
        std::vector<std::size_t> outputs(static_cast<std::size_t>(m_outputs));
        std::iota(outputs.begin(), outputs.end(), 0);
        const float* const products = hessian.values.data<float>().data();
        const Matrix lost = picked(m_rows.data(), m_columns, outputs, m_leaving);
        const Matrix cross = picked(products, hessian.size, m_leaving, m_staying);
        Matrix right(m_outputs, cross.columns);
        TRIMTAB_REQUIRE(m_tools.math->multiply(right.rows, right.columns, cross.rows, 1, lost.operand(), cross.operand(), 0,
                                               right.values.data(), right.columns));
        TRIMTAB_TRY(const Matrix change, solved(picked(products, hessian.size, m_staying, m_staying), right, *m_tools.math));
        return write(change);
    }

private:
    void sortColumns() {
        std::vector<bool> goes(static_cast<std::size_t>(m_columns + (m_biased ? 1 : 0)), false);
        for (const auto& [unit, indices] : m_reader.indices)
            for (const std::size_t column : columnsAt(indices, m_weight.shape())) goes[column] = true;
        for (std::size_t column = 0; column < goes.size(); ++column) (goes[column] ? m_leaving : m_staying).push_back(column);
    }

    Status write(const Matrix& change) {
        std::vector<float> bias;
        if (m_biased) bias = tensor::toFloats(*m_graph.constantOf(m_node.input(2)));
        for (std::int64_t output = 0; output < m_outputs; ++output) {
            float* const row = m_rows.data() + output * m_columns;
            for (const std::size_t column : m_leaving) row[column] = 0;
            for (std::size_t i = 0; i < m_staying.size(); ++i) {
                const float by = change.values[static_cast<std::size_t>(output) * m_staying.size() + i];
                (static_cast<std::int64_t>(m_staying[i]) < m_columns ? row[m_staying[i]] : bias[static_cast<std::size_t>(output)]) += by;
            }
        }
        const Tensor* const oldBias = m_biased ? m_graph.constantOf(m_node.input(2)) : nullptr;
        if (oldBias) {
            TRIMTAB_TRY(Tensor made, tensor::convert(Tensor::fromFloats(oldBias->shape(), bias), oldBias->type()));
            replaceConstant(m_graph, m_reader.node, 2, std::move(made));
        }
        TRIMTAB_TRY(const Tensor fitted, tensor::fromRows(m_rows, m_weight.shape(), m_reader.layout));
        TRIMTAB_TRY(Tensor made, tensor::convert(fitted, m_weight.type()));
        replaceConstant(m_graph, m_reader.node, 1, std::move(made));
        return {};
    }

    Graph& m_graph;
    const UnitReader& m_reader;
    const Tools& m_tools;
    const Node m_node;
    const Tensor m_weight;
    std::vector<float> m_rows;  // outputs × columns
    std::int64_t m_outputs = 0, m_columns = 0;
    bool m_biased = false;
    std::vector<std::size_t> m_staying, m_leaving;  // columns; the one behind the last is the bias's
};

}  // namespace

Result<Graph> reconstructed(const Graph& graph, const UnitGroups& found, const std::vector<bool>& leaves, const std::vector<bool>& asked,
                            const Tools& tools) {
    TRIMTAB_REQUIRE(tools.requireCalibration());
    Graph made = graph;
    tools.activations->restart();
    for (const UnitReader& reader : unitReaders(graph, found, leaves)) {
        const auto wasAsked = [&](const auto& entry) { return static_cast<bool>(asked[static_cast<std::size_t>(entry.first)]); };
        if (std::ranges::none_of(reader.indices, wasAsked)) continue;
        if (tools.stops()) return fail(ErrorCode::Cancelled, "cancelled");
        if (auto fitted = Fit(made, reader, tools).run(); !fitted)
            return atLayer(std::move(fitted).error(), graph.nodes[static_cast<std::size_t>(reader.node)]);
    }
    tools.activations->restart();
    return made;
}

}  // namespace trimtab::compress
