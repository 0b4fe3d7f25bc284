#pragma once
// What the graphs of all architectures are put together with. Nodes are named after transformers' modules: "model.norm" stands at
// "/model/norm".
#include <map>
#include <string>
#include <vector>

#include "core/formats/huggingface/weights.h"
#include "core/graph/graph.h"

namespace trimtab::formats::huggingface {

class GraphBuilder {
public:
    GraphBuilder(const std::string& architecture, Weights& weights);

    /// Settles the type of all weights by that of this tensor. Before anything else.
    Status begin(const std::string& tensor);
    DataType type() const { return m_type; }
    Weights& weights() { return m_weights; }
    Graph& graph() { return m_graph; }

    /// int64 [batch, sequence], or with another name for the sequence's length.
    graph::ValueId input(const std::string& name, const std::string& length = "sequence");
    graph::ValueId input(const std::string& name, DataType type, std::vector<graph::Dim> dims);
    /// A node named after its place; outputs after the first take `more`, "" leaving one out.
    std::vector<graph::ValueId> nodes(const std::string& name, const std::string& op, std::vector<graph::ValueId> inputs,
                                      const std::string& output, const std::vector<std::string>& more,
                                      std::map<std::string, graph::Attribute> attributes, const std::string& domain);
    graph::ValueId node(const std::string& name, const std::string& op, std::vector<graph::ValueId> inputs,
                        std::map<std::string, graph::Attribute> attributes = {}, const std::string& domain = "");

    Result<graph::ValueId> weight(const Piece& piece);
    graph::ValueId integers(const std::string& name, const std::vector<std::int64_t>& values);
    /// A scalar, rounded to the weights' type.
    Result<graph::ValueId> number(const std::string& name, double value);

    /// x · weightᵀ of a module, [outputs, inputs] in the checkpoint, with its bias where it has one.
    Result<graph::ValueId> product(const std::string& module, graph::ValueId x, std::int64_t outputs, std::int64_t inputs, bool biased);
    /// The same with pieces that say for themselves what they take; `bias` may be null.
    Result<graph::ValueId> product(const std::string& place, graph::ValueId x, const Piece& weight, const Piece* bias);
    /// The places 0, 1, … of the tokens of `ids` [batch, sequence, …]: int64 [sequence]. `place` names the nodes.
    graph::ValueId positions(graph::ValueId ids, const std::string& place = "/positions");
    /// Itself where it is of the type.
    graph::ValueId cast(const std::string& name, graph::ValueId x, DataType from, DataType to);
    /// [batch, sequence, …] with other extents behind the first two.
    graph::ValueId reshaped(const std::string& name, graph::ValueId x, std::vector<std::int64_t> extents);

    Result<Graph> finish(std::vector<graph::ValueId> outputs);

private:
    Weights& m_weights;
    Graph m_graph;
    DataType m_type = DataType::Float32;
};

/// "/model/norm" of "model.norm".
std::string placeOf(std::string module);

}  // namespace trimtab::formats::huggingface
