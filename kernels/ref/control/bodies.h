#pragma once
// What the operators of control flow share: their subgraphs, what those capture, and results that are gathered over rounds.
#include "kernels/ref/arguments.h"
#include "kernels/ref/registry.h"

namespace trimtab::ref {

/// A subgraph attribute bound to what it captures from the graph around the node.
class Body {
public:
    /// Refused: no such attribute; a body that takes other than `inputs` values beside those it captures (kAny: any number), or makes other
    /// than `outputs` (kAny: any number).
    static Result<Body> of(const Call& call, const std::string& attribute, int inputs, int outputs);

    std::size_t inputCount() const { return m_graph->inputs.size() - m_captured.size(); }
    std::size_t outputCount() const { return m_graph->outputs.size(); }
    /// The outputs' types as declared, or, where an element type is not, as they follow from `inputs`: for results of no round at all.
    Result<std::vector<graph::ValueType>> outputTypes(std::vector<graph::ValueType> inputs) const;

    Result<Values> run(Values inputs) const;

private:
    explicit Body(const Call& call) : m_call(&call) {}

    const Call* m_call;
    std::shared_ptr<const Graph> m_graph;
    Values m_captured;
};

/// Of a tensor with its shape, of a sequence the element type alone.
graph::ValueType typeOf(const RunValue& value);

/// The tensors that one output made, round after round.
class Gathered {
public:
    Status add(const Call& call, RunValue value);
    /// Stacked along a new axis, `reversed` the last first. Without a round, an empty tensor of the declared type.
    Result<Tensor> stacked(const Call& call, std::int64_t axis, bool reversed, const graph::ValueType& declared) const;

private:
    std::vector<Tensor> m_rounds;
};

/// A condition: one boolean.
Result<bool> condition(const Call& call, const RunValue& value, const char* what);

}  // namespace trimtab::ref
