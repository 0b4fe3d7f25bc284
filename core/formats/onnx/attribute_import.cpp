#include <fmt/format.h>

#include "core/formats/onnx/graph_import.h"
#include "core/graph/attention/attention_nodes.h"

namespace trimtab::formats::onnx {
namespace {

using ::onnx::AttributeProto;

/// Old writers leave the discriminator out; then the field that is there tells.
AttributeProto::AttributeType kindOf(const AttributeProto& proto) {
    if (proto.type() != AttributeProto::UNDEFINED) return proto.type();
    if (proto.has_f()) return AttributeProto::FLOAT;
    if (proto.has_i()) return AttributeProto::INT;
    if (proto.has_s()) return AttributeProto::STRING;
    if (proto.has_t()) return AttributeProto::TENSOR;
    if (proto.has_g()) return AttributeProto::GRAPH;
    if (proto.floats_size() > 0) return AttributeProto::FLOATS;
    if (proto.ints_size() > 0) return AttributeProto::INTS;
    if (proto.strings_size() > 0) return AttributeProto::STRINGS;
    return AttributeProto::UNDEFINED;
}

Result<Tensor> loadTensor(ImportContext& context, const ::onnx::TensorProto& proto) {
    if (context.active.empty()) return context.tensors.load(proto);
    const auto known = context.bodyTensors.find(&proto);
    if (known != context.bodyTensors.end()) return known->second;
    TRIMTAB_TRY(Tensor tensor, context.tensors.load(proto));
    context.bodyTensors.emplace(&proto, tensor);
    return tensor;
}

/// nullptr for a reference to an attribute that the call did not give.
const AttributeProto* dereference(const Scope& scope, const AttributeProto& proto) {
    if (proto.ref_attr_name().empty()) return &proto;
    const auto bound = scope.attributes.find(proto.ref_attr_name());
    return bound == scope.attributes.end() ? nullptr : bound->second;
}

Result<std::shared_ptr<const Graph>> importSubgraph(ImportContext& context, Scope& scope, const AttributeProto& written,
                                                    const ::onnx::GraphProto& proto) {
    if (!written.ref_attr_name().empty())
        return fail(
            ErrorCode::Unsupported,
            fmt::format("takes the graph of its attribute {} from a function call; write the graph into the node", cited(written.name())));
    TRIMTAB_TRY(Graph graph, importGraph(context, proto, &scope, *scope.opsets));
    return std::make_shared<const Graph>(std::move(graph));
}

Status importAttribute(ImportContext& context, Scope& scope, const AttributeProto& written, const AttributeProto& proto,
                       graph::Attribute& to) {
    switch (kindOf(proto)) {
        case AttributeProto::FLOAT: to = proto.f(); return {};
        case AttributeProto::INT: to = std::int64_t{proto.i()}; return {};
        case AttributeProto::STRING: to = proto.s(); return {};
        case AttributeProto::FLOATS: to = std::vector<float>(proto.floats().begin(), proto.floats().end()); return {};
        case AttributeProto::INTS: to = std::vector<std::int64_t>(proto.ints().begin(), proto.ints().end()); return {};
        case AttributeProto::STRINGS: to = std::vector<std::string>(proto.strings().begin(), proto.strings().end()); return {};
        case AttributeProto::TENSOR: {
            auto tensor = loadTensor(context, proto.t());
            if (!tensor)
                return fail(tensor.error().code, fmt::format("has an attribute {} that {}", cited(written.name()), tensor.error().message));
            to = std::move(*tensor);
            return {};
        }
        case AttributeProto::GRAPH: {
            TRIMTAB_TRY(to, importSubgraph(context, scope, written, proto.g()));
            return {};
        }
        case AttributeProto::UNDEFINED:
            return fail(ErrorCode::Refused, fmt::format("has an attribute {} without a value", cited(written.name())));
        default:
            return fail(ErrorCode::Unsupported,
                        fmt::format("has an attribute {} of a kind that nothing here takes", cited(written.name())));
    }
}

std::int64_t weightOf(const AttributeProto& proto) {
    return 1 + std::int64_t{proto.floats_size()} + proto.ints_size() + 8 * std::int64_t{proto.strings_size()} +
           static_cast<std::int64_t>(proto.s().size() / 8);
}

}  // namespace

Status importAttributes(ImportContext& context, Scope& scope, const ::onnx::NodeProto& proto, graph::Node& node) {
    for (const AttributeProto& written : proto.attribute()) {
        const AttributeProto* bound = dereference(scope, written);
        if (!bound) continue;
        if (kindOf(*bound) == AttributeProto::TYPE_PROTO) continue;  // Optional's element type: shape inference reads it off the input
        if (node.attributes.contains(written.name())) {
            TRIMTAB_REQUIRE(context.problem({ErrorCode::Refused, fmt::format("has the attribute {} twice", cited(written.name()))}));
            continue;
        }
        if (written.name() == graph::kCachesInPlace) {
            TRIMTAB_REQUIRE(
                context.problem({ErrorCode::Refused, fmt::format("has the attribute {}, which no file may set", graph::kCachesInPlace)}));
            continue;
        }
        TRIMTAB_REQUIRE(context.charge(weightOf(*bound)));
        graph::Attribute value;
        if (auto read = importAttribute(context, scope, written, *bound, value); !read) {
            TRIMTAB_REQUIRE(context.problem(read.error()));
            continue;
        }
        node.attributes.emplace(written.name(), std::move(value));
    }
    return {};
}

Result<Tensor> constantValue(ImportContext& context, const Scope& scope, const ::onnx::NodeProto& proto) {
    for (const AttributeProto& written : proto.attribute()) {
        const AttributeProto* bound = dereference(scope, written);
        if (!bound) continue;
        TRIMTAB_REQUIRE(context.charge(weightOf(*bound)));
        const std::string& key = written.name();
        if (key == "value" && bound->has_t()) return loadTensor(context, bound->t());
        if (key == "value_float") return Tensor::scalar(bound->f());
        if (key == "value_int") return Tensor::fromInt64s(Shape{}, {bound->i()});
        if (key == "value_floats") return Tensor::fromFloats(Shape{bound->floats_size()}, {bound->floats().begin(), bound->floats().end()});
        if (key == "value_ints") return Tensor::fromInt64s(Shape{bound->ints_size()}, {bound->ints().begin(), bound->ints().end()});
        if (key == "sparse_value") return fail(ErrorCode::Unsupported, "holds a sparse tensor; write it as a dense one");
        if (key == "value_string" || key == "value_strings") return fail(ErrorCode::Unsupported, "holds strings, which nothing here takes");
    }
    return fail(ErrorCode::Refused, "is a constant without a value");
}

}  // namespace trimtab::formats::onnx
