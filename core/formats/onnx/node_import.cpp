#include <fmt/format.h>

#include "core/formats/onnx/graph_import.h"

namespace trimtab::formats::onnx {
namespace {

using graph::kNoValue;
using graph::ValueId;
using graph::ValueType;

bool isConstant(const ::onnx::NodeProto& node) {
    return node.op_type() == "Constant" && normalDomain(node.domain()).empty() && node.output_size() == 1;
}

const ::onnx::FunctionProto* functionOf(const ImportContext& context, const ::onnx::NodeProto& node) {
    const auto known = context.functions.find({normalDomain(node.domain()), node.op_type()});
    return known == context.functions.end() ? nullptr : known->second;
}

std::string label(const ::onnx::NodeProto& node) {
    const std::string& name = !node.name().empty() || node.output_size() == 0 ? node.name() : node.output(0);
    return fmt::format("the node {} ({})", cited(name), cited(node.op_type()));
}

ValueType declaredType(const Scope& scope, const std::string& name) {
    const auto known = scope.declaredTypes.find(name);
    return known == scope.declaredTypes.end() ? ValueType{} : known->second;
}

Status declareOutputs(ImportContext& context, Scope& scope, const ::onnx::NodeProto& node, std::vector<ValueId>& ids) {
    for (const std::string& name : node.output()) {
        if (name.empty()) {
            ids.push_back(kNoValue);
            continue;
        }
        const auto known = scope.names.find(name);
        // A formal output of a function body is defined by the caller, and still has no maker.
        if (known != scope.names.end() && scope.awaited.erase(name) > 0) {
            ids.push_back(known->second);
            continue;
        }
        if (known != scope.names.end())
            TRIMTAB_REQUIRE(
                context.problem({ErrorCode::Refused, fmt::format("the value {} is defined twice, once by {}", cited(name), label(node))}));
        ids.push_back(scope.define(context, name, declaredType(scope, name)));
    }
    return {};
}

Status importConstant(ImportContext& context, Scope& scope, const ::onnx::NodeProto& node, ValueId id) {
    auto tensor = constantValue(context, scope, node);
    if (id == kNoValue) return {};
    graph::Value& value = scope.value(id);
    if (!tensor) {
        value.weightsUnread = true;
        return context.problem({tensor.error().code, fmt::format("{} {}", label(node), tensor.error().message)});
    }
    value.type = ValueType::of(tensor->type(), tensor->shape());
    value.constant = std::move(*tensor);
    return {};
}

Result<int> versionOf(ImportContext& context, const Scope& scope, const ::onnx::NodeProto& node) {
    const std::string domain = normalDomain(node.domain());
    const auto known = scope.opsets->find(domain);
    if (known != scope.opsets->end()) return known->second;
    TRIMTAB_REQUIRE(context.problem(
        {ErrorCode::Refused, fmt::format("{} belongs to the operator set {}, of which the model imports no version (opset_import)",
                                         label(node), domain.empty() ? "'ai.onnx'" : cited(domain))}));
    return 0;
}

Status importNode(ImportContext& context, Scope& scope, const ::onnx::NodeProto& proto, std::vector<ValueId> outputs) {
    if (proto.op_type().empty()) TRIMTAB_REQUIRE(context.problem({ErrorCode::Refused, fmt::format("{} has no operator", label(proto))}));
    graph::Node node;
    std::string wish = proto.name();
    if (wish.empty())
        wish = proto.output_size() > 0 && !proto.output(0).empty() ? proto.op_type() + "_" + proto.output(0) : proto.op_type();
    wish = scope.path(wish);
    node.name = context.nodeNames.unique(wish);
    node.origins = {proto.name().empty() ? node.name : wish};
    node.op = proto.op_type();
    node.domain = normalDomain(proto.domain());
    TRIMTAB_TRY(node.version, versionOf(context, scope, proto));
    for (const std::string& name : proto.input()) {
        bool found = false;
        ValueId id = name.empty() ? kNoValue : scope.resolve(name, found);
        if (!name.empty() && !found) {
            TRIMTAB_REQUIRE(
                context.problem({ErrorCode::Refused, fmt::format("{} reads {}, which is defined nowhere", label(proto), cited(name))}));
            id = scope.define(context, name, declaredType(scope, name));
        }
        node.inputs.push_back(id);
    }
    node.outputs = std::move(outputs);
    if (auto read = importAttributes(context, scope, proto, node); !read)
        return fail(read.error().code, fmt::format("{} {}", label(proto), read.error().message), read.error().context);
    for (const std::string& name : graph::capturedNames(node)) node.inputs.push_back(scope.target->givenAway.at(name)), ++node.captures;
    scope.graph().nodes.push_back(std::move(node));
    return {};
}

}  // namespace

Status importNodes(ImportContext& context, Scope& scope, const google::protobuf::RepeatedPtrField<::onnx::NodeProto>& nodes) {
    std::vector<std::vector<ValueId>> outputs(static_cast<std::size_t>(nodes.size()));
    for (int i = 0; i < nodes.size(); ++i) {
        const auto& node = nodes[i];
        TRIMTAB_REQUIRE(context.countNode());
        TRIMTAB_REQUIRE(context.charge(std::int64_t{node.input_size()} + node.output_size()));
        auto& ids = outputs[static_cast<std::size_t>(i)];
        TRIMTAB_REQUIRE(declareOutputs(context, scope, node, ids));
        if (isConstant(node)) TRIMTAB_REQUIRE(importConstant(context, scope, node, ids[0]));
    }
    for (int i = 0; i < nodes.size(); ++i) {
        const auto& node = nodes[i];
        if (isConstant(node)) continue;
        if (const auto* function = functionOf(context, node)) {
            TRIMTAB_REQUIRE(expandCall(context, scope, node, *function));
        } else {
            TRIMTAB_REQUIRE(importNode(context, scope, node, std::move(outputs[static_cast<std::size_t>(i)])));
        }
    }
    return {};
}

}  // namespace trimtab::formats::onnx
