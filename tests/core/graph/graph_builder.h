#pragma once
// Small graphs for tests, written as they would be drawn. Values are named v0, v1, … unless a name is given; nodes are named after
// their operator and position ("Conv_0"), and each is its own origin.
#include <initializer_list>
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::graph::testing {

inline std::vector<Dim> dims(std::initializer_list<std::variant<int, const char*>> words) {
    std::vector<Dim> out;
    for (const auto& word : words) {
        if (const int* extent = std::get_if<int>(&word)) {
            out.push_back(*extent < 0 ? Dim::unknown() : Dim::known(*extent));
        } else {
            out.push_back(Dim::named(std::get<const char*>(word)));
        }
    }
    return out;
}

class GraphBuilder {
public:
    explicit GraphBuilder(int version = 17) : m_version(version) { graph.opsets[""] = version; }

    Graph graph;

    ValueId input(const std::string& name, std::optional<std::vector<Dim>> inputDims, DataType type = DataType::Float32) {
        const ValueId id = value(name, type, std::move(inputDims));
        graph.inputs.push_back(id);
        return id;
    }
    ValueId constant(Tensor tensor) { return graph.addConstant("c" + std::to_string(graph.values.size()), std::move(tensor)); }
    ValueId floats(Shape shape, const std::vector<float>& values) { return constant(Tensor::fromFloats(std::move(shape), values)); }
    /// A vector of int64.
    ValueId ints(const std::vector<std::int64_t>& values) {
        return constant(Tensor::fromInt64s(Shape{static_cast<std::int64_t>(values.size())}, values));
    }
    ValueId zeros(Shape shape, DataType type = DataType::Float32) { return constant(*Tensor::zeros(type, std::move(shape))); }

    std::vector<ValueId> addMany(const std::string& op, std::vector<ValueId> inputs, std::size_t outputs,
                                 std::map<std::string, Attribute> attributes = {}, const std::string& domain = "") {
        Node node;
        node.name = op + "_" + std::to_string(graph.nodes.size());
        node.op = op;
        node.domain = domain;
        node.version = domain.empty() ? m_version : 1;
        node.inputs = std::move(inputs);
        node.attributes = std::move(attributes);
        node.origins = {node.name};
        for (std::size_t i = 0; i < outputs; ++i)
            node.outputs.push_back(value("v" + std::to_string(graph.values.size()), DataType::Undefined, std::nullopt));
        graph.nodes.push_back(node);
        return node.outputs;
    }
    ValueId add(const std::string& op, std::vector<ValueId> inputs, std::map<std::string, Attribute> attributes = {},
                const std::string& domain = "") {
        return addMany(op, std::move(inputs), 1, std::move(attributes), domain)[0];
    }
    void output(ValueId id) { graph.outputs.push_back(id); }

    std::string typeOf(ValueId id) const { return graph.value(id).type.text(); }

private:
    ValueId value(const std::string& name, DataType type, std::optional<std::vector<Dim>> valueDims) {
        Value made;
        made.name = name;
        made.type.type = type;
        made.type.dims = std::move(valueDims);
        return graph.addValue(std::move(made));
    }
    int m_version;
};

using Ints = std::vector<std::int64_t>;

}  // namespace trimtab::graph::testing
