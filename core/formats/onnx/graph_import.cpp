#include "core/formats/onnx/graph_import.h"

#include <fmt/format.h>

namespace trimtab::formats::onnx {
namespace {

using graph::kNoValue;
using graph::Value;
using graph::ValueId;
using graph::ValueType;

constexpr std::int64_t kSmallInteger = 4096;  // integer initializers up to here are read even without weights: shapes, axes, indices

Error about(std::string_view kind, const std::string& name, const Error& error) {
    return {error.code, fmt::format("the {} {} {}", kind, cited(name), error.message), error.context};
}

Status importInitializer(ImportContext& context, Scope& scope, const ::onnx::TensorProto& proto, std::span<const std::byte> payload) {
    const std::string& name = proto.name();
    if (name.empty()) return context.problem({ErrorCode::Refused, "an initializer has no name"});
    if (scope.names.contains(name))
        return context.problem({ErrorCode::Refused, fmt::format("the initializer {} is defined twice", cited(name))});

    const ValueId id = scope.define(context, name, {});
    Value& value = scope.value(id);
    const auto header = TensorLoader::header(proto);
    if (!header) {
        value.weightsUnread = true;
        return context.problem(about("initializer", name, header.error()));
    }
    value.type = ValueType::of(header->type, header->shape);
    if (!context.options.readWeights && !(tensor::isInteger(header->type) && header->count <= kSmallInteger)) {
        value.weightsUnread = true;
        if (auto checked = context.tensors.check(proto, payload); !checked)
            return context.problem(about("initializer", name, checked.error()));
        return {};
    }
    auto tensor = context.tensors.load(proto, payload);
    if (!tensor) {
        value.weightsUnread = true;
        return context.problem(about("initializer", name, tensor.error()));
    }
    value.constant = std::move(*tensor);
    return {};
}

Status importInput(ImportContext& context, Scope& scope, const ::onnx::ValueInfoProto& info, bool isModelInput) {
    const std::string& name = info.name();
    if (name.empty()) return context.problem({ErrorCode::Refused, "an input has no name"});
    if (const auto known = scope.names.find(name); known != scope.names.end()) {
        // Files before IR version 4 list every initializer among the inputs; in later ones such an input has a default value.
        if (scope.value(known->second).isConstant()) return {};
        return context.problem({ErrorCode::Refused, fmt::format("the input {} is defined twice", cited(name))});
    }
    auto type = fromTypeProto(info.type());
    if (!type) {
        TRIMTAB_REQUIRE(context.problem(about("input", name, type.error())));
        type = ValueType{};
    }
    if (isModelInput && type->type == DataType::Undefined) {
        Error reason{ErrorCode::Refused, "has no element type", {}};
        if (info.type().has_tensor_type() && info.type().tensor_type().elem_type() != 0)
            reason = {ErrorCode::Unsupported,
                      fmt::format("has elements of type {}, which nothing here takes", onnxTypeName(info.type().tensor_type().elem_type())),
                      {}};
        else if (info.type().has_map_type() || info.type().has_sparse_tensor_type())
            reason = {ErrorCode::Unsupported, "is a map or a sparse tensor, which nothing here takes", {}};
        TRIMTAB_REQUIRE(context.problem(about("input", name, reason)));
    }
    scope.graph().inputs.push_back(scope.define(context, name, std::move(*type)));
    return {};
}

template <class Infos>
Status declareTypes(ImportContext& context, Scope& scope, const Infos& infos, bool later) {
    for (const ::onnx::ValueInfoProto& info : infos) {
        auto type = fromTypeProto(info.type());
        if (!type) TRIMTAB_REQUIRE(context.problem(about("value", info.name(), type.error())));
        // What an output declares says more than a value_info of the same name.
        if (type && (later || !scope.declaredTypes.contains(info.name()))) scope.declaredTypes[info.name()] = std::move(*type);
    }
    return {};
}

Status importOutputs(ImportContext& context, Scope& scope, const ::onnx::GraphProto& proto) {
    for (const auto& info : proto.output()) {
        bool found = false;
        ValueId id = scope.resolve(info.name(), found);
        if (id == kNoValue) {
            TRIMTAB_REQUIRE(context.problem({ErrorCode::Refused, fmt::format("the output {} is defined nowhere", cited(info.name()))}));
            const auto declared = scope.declaredTypes.find(info.name());
            id = scope.define(context, info.name(), declared == scope.declaredTypes.end() ? ValueType{} : declared->second);
        }
        scope.graph().outputs.push_back(id);
    }
    return {};
}

}  // namespace

Result<Graph> importGraph(ImportContext& context, const ::onnx::GraphProto& proto, Scope* outer, const std::map<std::string, int>& opsets,
                          const std::vector<std::span<const std::byte>>& payloads) {
    GraphInProgress progress;
    progress.level = outer ? outer->target->level + 1 : 1;
    if (progress.level > kMaxGraphNesting)
        return fail(ErrorCode::Refused, fmt::format("nests graphs deeper than {} levels", kMaxGraphNesting));
    progress.graph.name = proto.name();
    progress.graph.opsets = opsets;
    Scope scope;
    scope.target = &progress;
    scope.outer = outer;
    scope.opsets = &opsets;
    if (outer) scope.attributes = outer->attributes, scope.prefix = outer->prefix;

    for (int i = 0; i < proto.initializer_size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        TRIMTAB_REQUIRE(
            importInitializer(context, scope, proto.initializer(i), at < payloads.size() ? payloads[at] : std::span<const std::byte>{}));
    }
    for (const auto& sparse : proto.sparse_initializer())
        TRIMTAB_REQUIRE(context.problem(
            {ErrorCode::Unsupported, fmt::format("the initializer {} is sparse; write it as a dense one", cited(sparse.values().name()))}));
    for (const auto& input : proto.input()) TRIMTAB_REQUIRE(importInput(context, scope, input, outer == nullptr));
    TRIMTAB_REQUIRE(declareTypes(context, scope, proto.value_info(), false));
    TRIMTAB_REQUIRE(declareTypes(context, scope, proto.output(), true));
    TRIMTAB_REQUIRE(importNodes(context, scope, proto.node()));
    TRIMTAB_REQUIRE(importOutputs(context, scope, proto));
    TRIMTAB_REQUIRE(sortNodes(context, progress.graph));
    return std::move(progress.graph);
}

}  // namespace trimtab::formats::onnx
