#include "core/formats/onnx/graph_export.h"

#include <fmt/format.h>

#include "core/formats/onnx/weight_export.h"
#include "core/graph/captures.h"

namespace trimtab::formats::onnx {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::Value;
using graph::ValueId;
using graph::ValueType;

template <class... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

void exportType(const ValueType& type, ::onnx::TypeProto& proto) {
    ::onnx::TypeProto* inner = &proto;
    if (type.isOptional) inner = inner->mutable_optional_type()->mutable_elem_type();
    if (type.isSequence) inner = inner->mutable_sequence_type()->mutable_elem_type();
    auto* tensorType = inner->mutable_tensor_type();
    tensorType->set_elem_type(tensor::onnxNumber(type.type));
    if (!type.dims) return;
    auto* shape = tensorType->mutable_shape();
    for (const graph::Dim& dim : *type.dims) {
        auto* added = shape->add_dim();
        if (dim.isKnown()) added->set_dim_value(dim.extent);
        else if (!dim.symbol.empty()) added->set_dim_param(dim.symbol);
    }
}

Status exportAttribute(const std::string& key, const graph::Attribute& attribute, ::onnx::AttributeProto& proto) {
    using Type = ::onnx::AttributeProto;
    proto.set_name(key);
    const auto done = [&](Type::AttributeType type) -> Status { return proto.set_type(type), Status{}; };
    return std::visit(Overloaded{
        [&](std::int64_t v) { return proto.set_i(v), done(Type::INT); },
        [&](float v) { return proto.set_f(v), done(Type::FLOAT); },
        [&](const std::string& v) { return proto.set_s(v), done(Type::STRING); },
        [&](const std::vector<std::int64_t>& v) { return proto.mutable_ints()->Assign(v.begin(), v.end()), done(Type::INTS); },
        [&](const std::vector<float>& v) { return proto.mutable_floats()->Assign(v.begin(), v.end()), done(Type::FLOATS); },
        [&](const std::vector<std::string>& v) { return proto.mutable_strings()->Assign(v.begin(), v.end()), done(Type::STRINGS); },
        [&](const Tensor& v) -> Status {
            proto.set_type(Type::TENSOR);
            return exportTensor(v, "", *proto.mutable_t());
        },
        [&](const std::shared_ptr<const Graph>&) -> Status { return fail(ErrorCode::Refused, fmt::format("the graph {} is empty", key)); },
    }, attribute);
}

/// The subgraph with what it captures named as in the graph around it: passes may have put other values in the place of those it was
/// imported with.
Graph withNamesOf(const Graph& graph, const Node& node, const Graph& subgraph) {
    Graph named = subgraph;
    const std::size_t formal = subgraph.inputs.size() - subgraph.outerNames.size();
    const std::vector<std::size_t> positions = graph::capturePositions(node, subgraph);
    for (std::size_t k = 0; k < positions.size(); ++k)
        named.value(subgraph.inputs[formal + k]).name = graph.value(node.inputs[positions[k]]).name;
    return named;
}

Status exportSubgraph(ExportContext& context, const std::string& key, const Graph& subgraph, ::onnx::AttributeProto& proto) {
    proto.set_name(key);
    proto.set_type(::onnx::AttributeProto::GRAPH);
    if (++context.level > kMaxGraphNesting)
        return fail(ErrorCode::Refused, fmt::format("nests graphs deeper than {} levels", kMaxGraphNesting));
    TRIMTAB_REQUIRE(exportGraph(context, subgraph, {}, *proto.mutable_g()));
    --context.level;
    return {};
}

Status checkNode(ExportContext& context, const Node& node) {
    if (node.domain == "trimtab")
        return fail(ErrorCode::Refused,
                    fmt::format("the node {} ({}) is of the trimtab domain, which no file may hold; write the graph before it is fused",
                                cited(node.name), node.op));
    const auto imported = context.opsets.try_emplace(node.domain, std::max(node.version, 1)).first;
    if (node.version > 0 && node.version != imported->second)
        return fail(ErrorCode::Refused,
                    fmt::format("the node {} ({}) follows version {} of its operator set, but the file imports version {}",
                                cited(node.name), node.op, node.version, imported->second));
    return {};
}

Status exportNode(ExportContext& context, const Graph& graph, const Node& node, ::onnx::NodeProto& proto) {
    TRIMTAB_REQUIRE(checkNode(context, node));
    proto.set_name(node.name);
    proto.set_op_type(node.op);
    if (!node.domain.empty()) proto.set_domain(node.domain);
    const std::size_t formal = node.inputs.size() - node.captures;
    for (std::size_t i = 0; i < formal; ++i) proto.add_input(node.inputs[i] == kNoValue ? std::string() : graph.value(node.inputs[i]).name);
    for (const ValueId id : node.outputs) proto.add_output(id == kNoValue ? std::string() : graph.value(id).name);
    for (const auto& [key, attribute] : node.attributes) {
        const auto* subgraph = std::get_if<std::shared_ptr<const Graph>>(&attribute);
        TRIMTAB_REQUIRE(subgraph && *subgraph ? exportSubgraph(context, key, withNamesOf(graph, node, **subgraph), *proto.add_attribute())
                                              : exportAttribute(key, attribute, *proto.add_attribute()));
    }
    return {};
}

/// Values that the graph still uses; passes leave others behind.
std::vector<bool> usedValues(const Graph& graph) {
    std::vector<bool> used(graph.values.size(), false);
    const auto mark = [&](const std::vector<ValueId>& ids) {
        for (const ValueId id : ids)
            if (id != kNoValue) used[static_cast<std::size_t>(id)] = true;
    };
    mark(graph.inputs);
    mark(graph.outputs);
    for (const Node& node : graph.nodes) mark(node.inputs), mark(node.outputs);
    return used;
}

void addInfo(const Value& value, ::onnx::ValueInfoProto& proto) {
    proto.set_name(value.name);
    if (value.type.type != DataType::Undefined) exportType(value.type, *proto.mutable_type());
}

Status exportConstants(const Graph& graph, WeightExporter& weights, ::onnx::GraphProto& proto) {
    const auto used = usedValues(graph);
    for (std::size_t v = 0; v < graph.values.size(); ++v) {
        const Value& value = graph.values[v];
        if (!used[v]) continue;
        if (value.weightsUnread)
            return fail(ErrorCode::Refused, fmt::format("the weight {} was not read, so it cannot be written", cited(value.name)));
        if (!value.isConstant()) continue;
        TRIMTAB_TRY(const bool written, weights.exportWeight(static_cast<ValueId>(v)));
        if (!written) TRIMTAB_REQUIRE(exportTensor(*value.constant, value.name, *proto.add_initializer()));
    }
    return {};
}

void exportInfos(const Graph& graph, ::onnx::GraphProto& proto) {
    std::vector<bool> listed(graph.values.size(), false);
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
        if (i < graph.inputs.size() - graph.outerNames.size()) addInfo(graph.value(graph.inputs[i]), *proto.add_input());
        listed[static_cast<std::size_t>(graph.inputs[i])] = true;
    }
    for (const ValueId id : graph.outputs) addInfo(graph.value(id), *proto.add_output()), listed[static_cast<std::size_t>(id)] = true;
    for (const Node& node : graph.nodes)
        for (const ValueId id : node.outputs)
            if (id != kNoValue && !listed[static_cast<std::size_t>(id)] && graph.value(id).type.type != DataType::Undefined)
                addInfo(graph.value(id), *proto.add_value_info()), listed[static_cast<std::size_t>(id)] = true;
}

}  // namespace

Status exportTensor(const Tensor& tensor, const std::string& name, ::onnx::TensorProto& proto) {
    const std::int32_t type = tensor::onnxNumber(tensor.type());
    if (type == 0) return fail(ErrorCode::Refused, fmt::format("the tensor {} has no element type", cited(name)));
    if (!name.empty()) proto.set_name(name);
    proto.set_data_type(type);
    for (const std::int64_t dim : tensor.shape()) proto.add_dims(dim);
    proto.set_raw_data(tensor.bytes().data(), tensor.bytes().size());
    return {};
}

Status exportGraph(ExportContext& context, const Graph& graph, const std::map<ValueId, WeightPlan>& plans, ::onnx::GraphProto& proto) {
    proto.set_name(graph.name.empty() ? "graph" : graph.name);
    WeightExporter weights(context, graph, plans, proto);
    TRIMTAB_REQUIRE(exportConstants(graph, weights, proto));
    for (const Node& node : graph.nodes) {
        ::onnx::NodeProto exported;
        TRIMTAB_REQUIRE(exportNode(context, graph, node, exported));
        TRIMTAB_REQUIRE(weights.beforeNode(node, exported));
        *proto.add_node() = std::move(exported);
        weights.afterNode();
    }
    exportInfos(graph, proto);
    return {};
}

}  // namespace trimtab::formats::onnx
