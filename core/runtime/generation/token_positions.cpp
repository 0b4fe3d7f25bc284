#include "core/runtime/generation/token_positions.h"

#include <algorithm>

#include "core/tensor/convert.h"

namespace trimtab::runtime {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

constexpr const char* kName = "position_ids";

class Taking {
public:
    Taking(Graph& graph, ValueId ids) : m_graph(graph), m_ids(ids), m_producers(graph.producers()), m_consumers(graph.consumers()) {}

    Result<TokenPositions> run() {
        TRIMTAB_REQUIRE(findOwn());
        for (std::size_t i = 0; i < m_graph.nodes.size(); ++i)
            if (countsTokens(m_graph.nodes[i]) && isReadByTablesAlone(m_graph.nodes[i].outputs[0])) replace(m_graph.nodes[i].outputs[0]);
        countRows();
        return m_made;
    }

private:
    const Node* makerOf(ValueId id) const {
        const int maker = id == kNoValue ? -1 : m_producers[static_cast<std::size_t>(id)];
        return maker < 0 ? nullptr : &m_graph.nodes[static_cast<std::size_t>(maker)];
    }
    bool isNumber(ValueId id, std::int64_t number) const {
        const Tensor* constant = m_graph.constantOf(id);
        return constant && tensor::isInteger(constant->type()) && constant->elementCount() == 1 &&
               tensor::elementAsInt64(*constant, 0) == number;
    }

    Status findOwn() {
        const auto own = std::ranges::find(m_graph.inputs, kName, [&](ValueId id) { return m_graph.value(id).name; });
        if (own == m_graph.inputs.end() || m_consumers[static_cast<std::size_t>(*own)].empty()) return {};
        const auto& type = m_graph.value(*own).type;
        if (type.type != DataType::Int64 || !type.dims || type.dims->size() != 2)
            return fail(ErrorCode::Unsupported, "it cannot generate: its position_ids are no int64 [batch, tokens]");
        m_graph.value(*own).type.dims = m_graph.value(m_ids).type.dims;
        m_made.input = *own;
        return {};
    }

    /// Range(0, the second extent of ids, 1).
    bool countsTokens(const Node& node) const {
        if (!node.is("Range") || !isNumber(node.input(0), 0) || !isNumber(node.input(2), 1)) return false;
        const Node* extent = makerOf(node.input(1));
        if (!extent || !extent->is("Gather") || !isNumber(extent->input(1), 1)) return false;
        const Node* shape = makerOf(extent->input(0));
        return shape && shape->is("Shape") && shape->input(0) == m_ids && shape->integer("start", 0) == 0;
    }
    bool choosesRows(const Node& node, ValueId indices) const {
        return node.is("Gather") && node.integer("axis", 0) == 0 && node.input(1) == indices && node.input(0) != indices &&
               m_graph.value(node.input(0)).isConstant();
    }
    bool isReadByTablesAlone(ValueId id) const {
        return !m_graph.isOutput(id) && std::ranges::all_of(m_consumers[static_cast<std::size_t>(id)], [&](int reader) {
            return choosesRows(m_graph.nodes[static_cast<std::size_t>(reader)], id);
        });
    }

    void replace(ValueId counted) {
        if (m_made.input == kNoValue) {
            graph::Value value{.name = m_graph.uniqueValueName(kName), .type = m_graph.value(m_ids).type};
            m_made.input = m_graph.addValue(std::move(value));
            m_graph.inputs.push_back(m_made.input);
        }
        for (Node& node : m_graph.nodes) std::ranges::replace(node.inputs, counted, m_made.input);
    }

    void countRows() {
        if (m_made.input == kNoValue) return;
        for (const Node& node : m_graph.nodes) {
            if (!choosesRows(node, m_made.input)) continue;
            const auto& dims = m_graph.value(node.input(0)).type.dims;
            if (!dims || dims->empty() || !dims->front().isKnown()) continue;
            m_made.rows = m_made.rows == 0 ? dims->front().extent : std::min(m_made.rows, dims->front().extent);
        }
    }

    Graph& m_graph;
    ValueId m_ids;
    std::vector<int> m_producers;
    std::vector<std::vector<int>> m_consumers;
    TokenPositions m_made;
};

}  // namespace

Result<TokenPositions> takePositions(Graph& graph, ValueId ids) { return Taking(graph, ids).run(); }

}  // namespace trimtab::runtime
