#pragma once
// Models of several nodes for the cases that one node does not make: what flows between the nodes may be a sequence, an optional or a
// subgraph's; what enters and leaves the model are tensors.
#include <string>
#include <vector>

#include "tests/operators/suite.h"

namespace trimtab::operators {

using graph::ValueId;
using Attributes = std::map<std::string, graph::Attribute>;

class Wiring {
public:
    /// `prefix` begins the names of all values: a subgraph's must not be those of the graphs around it.
    explicit Wiring(int version, std::string prefix = "");

    /// A graph input that stands for the case's next one. Of the outermost graph alone.
    ValueId input(Case& made, const Tensor& tensor);
    /// An input of a subgraph, of known type and, unless told, unknown shape. REQUIRES: nothing was captured yet.
    ValueId formal(DataType type, std::optional<std::vector<graph::Dim>> dims = std::nullopt);
    ValueId formalScalar(DataType type) { return formal(type, std::vector<graph::Dim>{}); }
    /// In a subgraph: a value of the graph around it.
    ValueId captured(const Wiring& around, ValueId outer);
    ValueId constant(Tensor tensor);
    ValueId integer(std::int64_t value) { return constant(Tensor::fromInt64s(Shape{}, {value})); }

    std::vector<ValueId> nodes(const std::string& op, std::vector<ValueId> inputs, std::size_t outputs, Attributes attributes = {});
    ValueId node(const std::string& op, std::vector<ValueId> inputs, Attributes attributes = {}) {
        return nodes(op, std::move(inputs), 1, std::move(attributes))[0];
    }
    void output(ValueId id) { m_graph.outputs.push_back(id); }
    /// With its type declared, as subgraphs of files have it.
    void output(ValueId id, DataType type) { m_graph.value(id).type.type = type, output(id); }
    /// The length of a sequence and its first `count` tensors as outputs.
    void outputSequence(ValueId sequence, std::int64_t count);

    /// This graph as an attribute of a node around it.
    graph::Attribute body() const { return std::make_shared<const Graph>(m_graph); }
    /// This graph as a case's model.
    Case finished(Case made) const;

private:
    ValueId value(DataType type);

    Graph m_graph;
    int m_version;
    std::string m_prefix;
};

}  // namespace trimtab::operators
