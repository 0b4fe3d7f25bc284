#include "core/formats/huggingface/graph_builder.h"

#include <algorithm>

#include "core/tensor/convert.h"

namespace trimtab::formats::huggingface {
namespace {

using graph::Dim;
using graph::kNoValue;
using graph::ValueId;

constexpr int kOpset = 17;

}  // namespace

GraphBuilder::GraphBuilder(const std::string& architecture, Weights& weights) : m_weights(weights) {
    m_graph.name = architecture;
    m_graph.producer = "transformers";
    m_graph.opsets = {{"", kOpset}, {"com.microsoft", 1}};
}

Status GraphBuilder::begin(const std::string& tensor) {
    TRIMTAB_TRY(m_type, m_weights.typeOf(tensor));
    return {};
}

ValueId GraphBuilder::input(const std::string& name, const std::string& length) {
    return input(name, DataType::Int64, {Dim::named("batch"), Dim::named(length)});
}

ValueId GraphBuilder::input(const std::string& name, DataType type, std::vector<Dim> dims) {
    m_graph.inputs.push_back(m_graph.addValue({.name = name, .type = {type, std::move(dims)}}));
    return m_graph.inputs.back();
}

std::vector<ValueId> GraphBuilder::nodes(const std::string& name, const std::string& op, std::vector<ValueId> inputs,
                                         const std::string& output, const std::vector<std::string>& more,
                                         std::map<std::string, graph::Attribute> attributes, const std::string& domain) {
    graph::Node made{.name = name, .domain = domain, .op = op, .version = domain.empty() ? kOpset : 1};
    made.inputs = std::move(inputs);
    made.attributes = std::move(attributes);
    made.origins = {name};
    made.outputs.push_back(m_graph.addValue({.name = output}));
    for (const std::string& other : more) made.outputs.push_back(other.empty() ? kNoValue : m_graph.addValue({.name = other}));
    m_graph.nodes.push_back(made);
    return made.outputs;
}

ValueId GraphBuilder::node(const std::string& name, const std::string& op, std::vector<ValueId> inputs,
                           std::map<std::string, graph::Attribute> attributes, const std::string& domain) {
    return nodes(name, op, std::move(inputs), name + "/output_0", {}, std::move(attributes), domain)[0];
}

Result<ValueId> GraphBuilder::weight(const Piece& piece) {
    TRIMTAB_TRY(graph::Value value, m_weights.take(piece, m_type));
    return m_graph.addValue(std::move(value));
}

ValueId GraphBuilder::integers(const std::string& name, const std::vector<std::int64_t>& values) {
    return m_graph.addConstant(name, Tensor::fromInt64s(Shape{static_cast<std::int64_t>(values.size())}, values));
}

Result<ValueId> GraphBuilder::number(const std::string& name, double value) {
    TRIMTAB_TRY(Tensor made, tensor::convert(Tensor::scalar(static_cast<float>(value)), m_type));
    return m_graph.addConstant(name, std::move(made));
}

Result<ValueId> GraphBuilder::product(const std::string& module, ValueId x, std::int64_t outputs, std::int64_t inputs, bool biased) {
    const Piece weight{.tensor = module + ".weight", .shape = Shape{outputs, inputs}, .isTurned = true};
    const Piece bias{.tensor = module + ".bias", .shape = Shape{outputs}, .role = Piece::Role::Shift};
    return product(placeOf(module), x, weight, biased ? &bias : nullptr);
}

Result<ValueId> GraphBuilder::product(const std::string& place, ValueId x, const Piece& weight, const Piece* bias) {
    TRIMTAB_TRY(const ValueId matrix, this->weight(weight));
    TRIMTAB_TRY(const std::vector<std::int64_t> order, m_weights.inputOrder(weight));
    if (!order.empty()) x = node(place + "/Order", "Gather", {x, integers(place + "/order", order)}, {{"axis", std::int64_t{-1}}});
    const ValueId sum = node(place + "/MatMul", "MatMul", {x, matrix});
    if (bias == nullptr) return sum;
    TRIMTAB_TRY(const ValueId summand, this->weight(*bias));
    return node(place + "/Add", "Add", {sum, summand});
}

ValueId GraphBuilder::positions(ValueId ids, const std::string& place) {
    const ValueId zero = m_graph.addConstant("positions.first", Tensor::fromInt64s(Shape{}, {0}));
    const ValueId one = m_graph.addConstant("positions.step", Tensor::fromInt64s(Shape{}, {1}));
    const ValueId sequence = node(place + "/Total", "Gather", {node(place + "/Shape", "Shape", {ids}), one});
    return node(place + "/Range", "Range", {zero, sequence, one});
}

ValueId GraphBuilder::cast(const std::string& name, ValueId x, DataType from, DataType to) {
    return from == to ? x : node(name, "Cast", {x}, {{"to", std::int64_t{tensor::onnxNumber(to)}}});
}

ValueId GraphBuilder::reshaped(const std::string& name, ValueId x, std::vector<std::int64_t> extents) {
    extents.insert(extents.begin(), {0, 0});  // as they are
    return node(name, "Reshape", {x, integers(name + "/shape", extents)});
}

Result<Graph> GraphBuilder::finish(std::vector<ValueId> outputs) {
    m_graph.outputs = std::move(outputs);
    m_graph.removeDeadNodes();
    TRIMTAB_REQUIRE(m_graph.validate());
    return std::move(m_graph);
}

std::string placeOf(std::string module) {
    std::ranges::replace(module, '.', '/');
    return "/" + module;
}

}  // namespace trimtab::formats::huggingface
