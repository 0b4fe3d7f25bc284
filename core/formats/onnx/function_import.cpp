// Model-local functions are inlined: the formal names of the body mean the caller's values, everything else in it gets the call's name
// before its own.
#include <fmt/format.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <cassert>
#include <memory>

#include "core/formats/onnx/graph_import.h"

namespace trimtab::formats::onnx {
namespace {

using graph::kNoValue;
using graph::ValueId;

std::string describe(const ::onnx::FunctionProto& function) {
    return fmt::format("the function {}", cited(function.domain() + "." + function.name()));
}

std::string callName(const ::onnx::NodeProto& call) {
    if (!call.name().empty()) return call.name();
    return call.output_size() > 0 && !call.output(0).empty() ? call.op_type() + "_" + call.output(0) : call.op_type();
}

/// Field 11 (attribute_proto, defaults) is younger than the oldest schema this builds against, where it arrives as an unknown field.
std::vector<std::shared_ptr<::onnx::AttributeProto>> defaultAttributes(const ::onnx::FunctionProto& function) {
    std::vector<std::shared_ptr<::onnx::AttributeProto>> defaults;
    const auto add = [&](auto&& fill) {
        auto attribute = std::make_shared<::onnx::AttributeProto>();
        if (fill(*attribute)) defaults.push_back(std::move(attribute));
    };
    const auto known = [&](const auto& proto) {
        if constexpr (requires { proto.attribute_proto(); })
            for (const auto& each : proto.attribute_proto()) add([&](auto& to) { return to.CopyFrom(each), true; });
    };
    known(function);
    const auto& unknown = function.GetReflection()->GetUnknownFields(function);
    for (int i = 0; i < unknown.field_count(); ++i) {
        const auto& field = unknown.field(i);
        if (field.number() == 11 && field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED)
            add([&](auto& to) { return to.ParseFromString(field.length_delimited()); });
    }
    return defaults;
}

Status bindAttributes(ImportContext& context, const Scope& caller, const ::onnx::NodeProto& call, const ::onnx::FunctionProto& function,
                      Scope& body) {
    auto& defaults = context.functionDefaults.try_emplace(&function).first->second;
    if (!defaults) defaults = std::make_shared<ImportContext::Defaults>(defaultAttributes(function));
    for (const auto& attribute : *defaults) body.attributes[attribute->name()] = attribute.get();
    for (const auto& attribute : call.attribute()) {
        const ::onnx::AttributeProto* bound = &attribute;
        if (!attribute.ref_attr_name().empty()) {
            const auto outer = caller.attributes.find(attribute.ref_attr_name());
            if (outer == caller.attributes.end()) continue;
            bound = outer->second;
        }
        body.attributes[attribute.name()] = bound;
    }
    return context.charge(static_cast<std::int64_t>(body.attributes.size()));
}

Status bindInputs(ImportContext& context, Scope& caller, const ::onnx::NodeProto& call, const ::onnx::FunctionProto& function,
                  Scope& body) {
    if (call.input_size() > function.input_size())
        return fail(ErrorCode::Refused, fmt::format("the node {} passes {} inputs to {}, which takes {}", cited(callName(call)),
                                                    call.input_size(), describe(function), function.input_size()));
    for (int i = 0; i < function.input_size(); ++i) {
        ValueId id = kNoValue;
        if (i < call.input_size() && !call.input(i).empty()) {
            bool found = false;
            id = caller.resolve(call.input(i), found);
            if (!found) {
                TRIMTAB_REQUIRE(context.problem({ErrorCode::Refused, fmt::format("the node {} reads {}, which is defined nowhere",
                                                                                 cited(callName(call)), cited(call.input(i)))}));
                id = caller.define(context, call.input(i), {});
            }
        }
        if (!body.names.emplace(function.input(i), id).second)
            return fail(ErrorCode::Refused, fmt::format("{} lists the input {} twice", describe(function), cited(function.input(i))));
    }
    return {};
}

/// Formal outputs that are formal inputs too get their copy after the body (finishOutputs).
void bindOutputs(const Scope& caller, const ::onnx::NodeProto& call, const ::onnx::FunctionProto& function, Scope& body) {
    for (int i = 0; i < std::min(function.output_size(), call.output_size()); ++i) {
        const std::string& formal = function.output(i);
        if (call.output(i).empty() || formal.empty() || body.names.contains(formal)) continue;
        body.names[formal] = caller.names.at(call.output(i));
        body.awaited.insert(formal);
    }
}

Status finishOutputs(ImportContext& context, const Scope& caller, const ::onnx::NodeProto& call, const ::onnx::FunctionProto& function,
                     Scope& body) {
    if (call.output_size() > function.output_size())
        return fail(ErrorCode::Refused, fmt::format("the node {} takes {} outputs of {}, which has {}", cited(callName(call)),
                                                    call.output_size(), describe(function), function.output_size()));
    for (int i = 0; i < call.output_size(); ++i) {
        if (call.output(i).empty()) continue;
        const ValueId actual = caller.names.at(call.output(i));
        const std::string& formal = function.output(i);
        const auto known = body.names.find(formal);
        if (known == body.names.end() || known->second == kNoValue || body.awaited.contains(formal)) {
            TRIMTAB_REQUIRE(
                context.problem({ErrorCode::Refused, fmt::format("{} never makes its output {}", describe(function), cited(formal))}));
            continue;
        }
        if (known->second == actual) continue;
        TRIMTAB_REQUIRE(context.countNode());
        graph::Node copy;
        copy.op = "Identity";
        const auto version = body.opsets->find("");
        copy.version = version == body.opsets->end() ? 1 : version->second;
        copy.name = context.nodeNames.unique(body.path("Identity_" + formal));
        copy.origins = {copy.name};
        copy.inputs = {known->second};
        copy.outputs = {actual};
        body.graph().nodes.push_back(std::move(copy));
    }
    return {};
}

}  // namespace

Status expandCall(ImportContext& context, Scope& caller, const ::onnx::NodeProto& call, const ::onnx::FunctionProto& function) {
    // checkExpansion() has refused functions that call themselves and chains that are too long.
    assert(static_cast<int>(context.active.size()) < kMaxFunctionNesting);
    Scope body;
    body.target = caller.target;
    constexpr std::size_t kLongestPrefix = 400;
    body.prefix = caller.path(callName(call)) + "/";
    if (body.prefix.size() > kLongestPrefix) body.prefix = fmt::format("call{}/", context.nodeCount);
    std::map<std::string, int> opsets = *caller.opsets;
    for (const auto& import : function.opset_import())
        opsets[normalDomain(import.domain())] = static_cast<int>(std::clamp<std::int64_t>(import.version(), 0, INT32_MAX));
    body.opsets = &opsets;

    context.active.push_back(&function);
    TRIMTAB_REQUIRE(bindAttributes(context, caller, call, function, body));
    TRIMTAB_REQUIRE(bindInputs(context, caller, call, function, body));
    bindOutputs(caller, call, function, body);
    TRIMTAB_REQUIRE(importNodes(context, body, function.node()));
    TRIMTAB_REQUIRE(finishOutputs(context, caller, call, function, body));
    context.active.pop_back();
    return {};
}

}  // namespace trimtab::formats::onnx
