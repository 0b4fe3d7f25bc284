#include "tests/operators/wiring.h"

#include <fmt/format.h>

namespace trimtab::operators {

Wiring::Wiring(int version, std::string prefix) : m_version(version), m_prefix(std::move(prefix)) {
    m_graph.name = m_prefix + "graph";
    m_graph.opsets[""] = version;
}

ValueId Wiring::value(DataType type) {
    graph::Value made;
    made.name = fmt::format("{}v{}", m_prefix, m_graph.values.size());
    made.type.type = type;
    return m_graph.addValue(std::move(made));
}

ValueId Wiring::input(Case& made, const Tensor& tensor) {
    graph::Value input;
    input.name = fmt::format("input_{}", made.inputs.size());
    input.type = graph::ValueType::of(tensor.type(), tensor.shape());
    made.inputs.push_back(tensor);
    m_graph.inputs.push_back(m_graph.addValue(std::move(input)));
    return m_graph.inputs.back();
}

ValueId Wiring::formal(DataType type, std::optional<std::vector<graph::Dim>> dims) {
    m_graph.inputs.push_back(value(type));
    m_graph.value(m_graph.inputs.back()).type.dims = std::move(dims);
    return m_graph.inputs.back();
}

ValueId Wiring::captured(const Wiring& around, ValueId outer) {
    const graph::Value& known = around.m_graph.value(outer);
    for (std::size_t k = 0; k < m_graph.outerNames.size(); ++k)
        if (m_graph.outerNames[k] == known.name) return m_graph.inputs[m_graph.inputs.size() - m_graph.outerNames.size() + k];
    graph::Value made;
    made.name = known.name;
    m_graph.inputs.push_back(m_graph.addValue(std::move(made)));
    m_graph.outerNames.push_back(known.name);
    return m_graph.inputs.back();
}

ValueId Wiring::constant(Tensor tensor) {
    return m_graph.addConstant(fmt::format("{}c{}", m_prefix, m_graph.values.size()), std::move(tensor));
}

std::vector<ValueId> Wiring::nodes(const std::string& op, std::vector<ValueId> inputs, std::size_t outputs, Attributes attributes) {
    graph::Node node;
    node.op = op;
    node.name = fmt::format("{}{}_{}", m_prefix, op, m_graph.nodes.size());
    node.origins = {node.name};
    node.version = m_version;
    node.inputs = std::move(inputs);
    node.attributes = std::move(attributes);
    for (const std::string& name : graph::capturedNames(node)) node.inputs.push_back(m_graph.find(name)), ++node.captures;
    for (std::size_t i = 0; i < outputs; ++i) node.outputs.push_back(value(DataType::Undefined));
    m_graph.nodes.push_back(node);
    return node.outputs;
}

void Wiring::outputSequence(ValueId sequence, std::int64_t count) {
    output(node("SequenceLength", {sequence}));
    for (std::int64_t i = 0; i < count; ++i) output(node("SequenceAt", {sequence, integer(i)}));
}

Case Wiring::finished(Case made) const {
    made.model = m_graph;
    return made;
}

}  // namespace trimtab::operators
