#include "kernels/ref/control/bodies.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/graph/captures.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"
#include "kernels/ref/joining.h"

namespace trimtab::ref {

Result<Body> Body::of(const Call& call, const std::string& attribute, int inputs, int outputs) {
    const auto found = call.node.attributes.find(attribute);
    const auto* graph = found == call.node.attributes.end() ? nullptr : std::get_if<std::shared_ptr<const Graph>>(&found->second);
    if (!graph || !*graph) return refuse(call, "the subgraph " + attribute + " is missing");
    Body body(call);
    body.m_graph = *graph;
    if (call.node.captures != graph::capturedNames(call.node).size() || call.inputs.size() < call.node.captures ||
        (call.node.captures > 0 && call.inputs.size() != call.node.inputs.size()) || (*graph)->inputs.size() < (*graph)->outerNames.size())
        return refuse(call, "the values that its subgraphs read are not among its inputs");
    for (const std::size_t position : graph::capturePositions(call.node, **graph)) body.m_captured.push_back(call.inputs[position]);
    if (inputs != kAny && body.inputCount() != static_cast<std::size_t>(inputs))
        return refuse(call, fmt::format("the subgraph {} takes {} inputs where {} are given", attribute, body.inputCount(), inputs));
    if (outputs != kAny && body.outputCount() != static_cast<std::size_t>(outputs))
        return refuse(call, fmt::format("the subgraph {} makes {} outputs where {} are needed", attribute, body.outputCount(), outputs));
    return body;
}

Result<Values> Body::run(Values inputs) const {
    inputs.insert(inputs.end(), m_captured.begin(), m_captured.end());
    return m_call->bodies.run(*m_graph, std::move(inputs));
}

Result<std::vector<graph::ValueType>> Body::outputTypes(std::vector<graph::ValueType> inputs) const {
    const auto typesOf = [](const Graph& graph) {
        std::vector<graph::ValueType> types;
        for (const graph::ValueId id : graph.outputs) types.push_back(graph.value(id).type);
        return types;
    };
    std::vector<graph::ValueType> declared = typesOf(*m_graph);
    const auto isOpen = [](const graph::ValueType& type) { return type.type == DataType::Undefined; };
    if (std::none_of(declared.begin(), declared.end(), isOpen)) return declared;
    for (const RunValue& value : m_captured) inputs.push_back(typeOf(value));
    Graph typed = *m_graph;
    for (std::size_t i = 0; i < typed.inputs.size() && i < inputs.size(); ++i)
        if (inputs[i].type != DataType::Undefined) typed.value(typed.inputs[i]).type = inputs[i];
    TRIMTAB_REQUIRE(graph::inferShapes(typed));
    std::vector<graph::ValueType> inferred = typesOf(typed);
    for (std::size_t i = 0; i < declared.size(); ++i)
        if (isOpen(declared[i])) declared[i] = std::move(inferred[i]);
    return declared;
}

graph::ValueType typeOf(const RunValue& value) {
    graph::ValueType type;
    if (const auto* tensor = std::get_if<Tensor>(&value); tensor && tensor->defined())
        return graph::ValueType::of(tensor->type(), tensor->shape());
    if (const auto* sequence = std::get_if<TensorSequence>(&value)) type.type = sequence->type, type.isSequence = true;
    return type;
}

Status Gathered::add(const Call& call, RunValue value) {
    const auto* tensor = std::get_if<Tensor>(&value);
    if (!tensor || !tensor->defined()) return refuse(call, "what is gathered over the rounds must be a tensor");
    if (!m_rounds.empty() && (tensor->shape() != m_rounds[0].shape() || tensor->type() != m_rounds[0].type()))
        return refuse(call, fmt::format("a round made {}{} where the first made {}{}", name(tensor->type()), tensor->shape().text(),
                                        name(m_rounds[0].type()), m_rounds[0].shape().text()));
    m_rounds.push_back(*tensor);
    return {};
}

Result<Tensor> Gathered::stacked(const Call& call, std::int64_t axis, bool reversed, const graph::ValueType& declared) const {
    if (m_rounds.empty()) {
        Ints dims;
        for (const graph::Dim& dim : declared.dims.value_or(std::vector<graph::Dim>{})) dims.push_back(dim.isKnown() ? dim.extent : 0);
        TRIMTAB_TRY(const int at, ref::axis(call, axis, static_cast<int>(dims.size()) + 1));
        dims.insert(dims.begin() + at, 0);
        if (declared.type == DataType::Undefined)
            return refuse(call, "no round ran, and the type of what it would have made is not declared");
        return Tensor::allocate(declared.type, Shape(std::move(dims)));
    }
    TRIMTAB_TRY(const int at, ref::axis(call, axis, m_rounds[0].shape().rank() + 1));
    std::vector<Tensor> parts = m_rounds;
    if (reversed) std::reverse(parts.begin(), parts.end());
    for (Tensor& part : parts) part = part.reshaped(spliced(part.shape(), at, at, {1}));
    return joined(call, parts, at);
}

Result<bool> condition(const Call& call, const RunValue& value, const char* what) {
    const auto* tensor = std::get_if<Tensor>(&value);
    if (!tensor || tensor->type() != DataType::Bool || tensor->elementCount() != 1)
        return refuse(call, fmt::format("{} must be one boolean", what));
    return tensor::elementAsInt64(*tensor, 0) != 0;
}

}  // namespace trimtab::ref
