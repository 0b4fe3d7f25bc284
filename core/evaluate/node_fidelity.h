#pragma once
// Fidelity node by node: the values of two versions of one graph, held against each other while both run.
#include <optional>
#include <string>
#include <vector>

#include "core/evaluate/value_error.h"
#include "core/graph/graph.h"
#include "core/trace/fidelity.h"

namespace trimtab::evaluate {

/// One floating-point value that both graphs compute.
struct ValuePair {
    graph::ValueId reference = graph::kNoValue;
    graph::ValueId changed = graph::kNoValue;
    std::vector<float> units;  // where a rescaling divided the columns of the changed value: what multiplies them back; else empty
};

/// A node of the reference and what the changed graph has of it.
struct NodePair {
    std::size_t node = 0;           // index into reference.nodes
    std::vector<ValuePair> values;  // of its outputs; empty where `skipped` says why
    std::string skipped;
    bool isTreated = false;
};

/// For every node of the reference, in its order. Values go by their name, else by the place among the outputs of a node of the same name
/// or the same origins. Both graphs should stem from one simplified graph.
std::vector<NodePair> pairNodes(const Graph& reference, const Graph& changed);

class NodeFidelityTally {
public:
    NodeFidelityTally(const Graph& reference, const Graph& changed);

    const std::vector<NodePair>& pairs() const { return m_pairs; }
    /// One batch of pairs()[pair].values[value]. Tensors of different shapes (units that left the graph) make the node a skipped one.
    /// Refused for types that have no floats.
    Status see(std::size_t pair, std::size_t value, const Tensor& reference, const Tensor& changed);
    /// A node of several outputs takes the figures of the worst. What a skipped node would hand on is taken to be as good as the worst that
    /// it reads, so that noise made there shows on the next node that can be compared.
    trace::FidelityProfile finish() const;

private:
    const Graph& m_reference;
    std::vector<NodePair> m_pairs;
    std::vector<std::vector<ValueError>> m_errors;  // as pairs and their values
    std::vector<std::string> m_misfits;             // why a pair turned out not to be comparable
};

}  // namespace trimtab::evaluate
