#pragma once
// Bookkeeping that fusions share: who makes and who reads a value, which values must stay, and the replacement of several nodes by one.
// Indices into graph.nodes stay valid until finish(); absorbed nodes are only marked until then.
#include <initializer_list>
#include <span>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::graph {

class Rewriter {
public:
    explicit Rewriter(Graph& graph);

    Graph& graph;

    std::size_t nodeCount() const { return graph.nodes.size(); }
    bool alive(int node) const { return !m_dead[static_cast<std::size_t>(node)]; }
    /// Alive, with the inputs that patterns of its operator look at, and a first output. Files may hold nodes that lack them.
    bool usable(int node) const { return alive(node) && m_sound[static_cast<std::size_t>(node)]; }
    const Node& node(int index) const { return graph.nodes[static_cast<std::size_t>(index)]; }

    /// The node that makes the value; -1 for inputs and constants.
    int producer(ValueId value) const;
    /// The producer when it is usable and of this operator, else -1.
    int producer(ValueId value, std::string_view op, std::string_view domain = "") const;
    /// Graph outputs and values that subgraphs read by name: they must keep existing.
    bool pinned(ValueId value) const { return value != kNoValue && m_pinned[static_cast<std::size_t>(value)]; }
    /// The one usable node that reads the value, once; -1 when there are more reads or none, or when the value is pinned.
    int onlyReader(ValueId value) const;
    /// True when nothing but these nodes reads the value, and it is not pinned.
    bool readOnlyBy(ValueId value, std::initializer_list<int> nodes) const;

    /// Puts `fused` at the place of `slot` (which must come after all the others) and drops `absorbed`. Origins are merged in node order.
    void replace(int slot, Node fused, std::span<const int> absorbed);
    /// Drops a node and lets its readers read `source` instead of `value`.
    void bypass(int node, ValueId value, ValueId source);
    /// Drops the nodes that were replaced, then everything that nobody needs.
    void finish();

private:
    std::vector<int> m_producers;
    std::vector<std::vector<int>> m_readers;
    std::vector<bool> m_pinned;
    std::vector<bool> m_dead;
    std::vector<bool> m_sound;
};

/// All elements of a small constant are this number, to 1e-3 relative: exporters write √2 in many roundings.
bool isScalarConstant(const Graph& graph, ValueId value, double expected);
/// The number in a constant of one element.
std::optional<double> scalarConstant(const Graph& graph, ValueId value);
/// The input of a binary node that is not `known`; kNoValue when `known` is not exactly one of the two.
ValueId otherInput(const Node& node, ValueId known);
/// Both types have a rank, and every dim is certainly the same.
bool sameShape(const ValueType& a, const ValueType& b);
/// A node of domain "trimtab" that inherits name and treatment from `anchor`.
Node fusedNode(Graph& graph, const Node& anchor, std::string op);

}  // namespace trimtab::graph
