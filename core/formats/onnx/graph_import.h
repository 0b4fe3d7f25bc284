#pragma once
// GraphProto → Graph. Names become values, Constant nodes become constants, calls of model-local functions are replaced by their bodies,
// and the nodes are put in topological order.
#include "core/formats/onnx/import_context.h"
#include "core/formats/onnx/scope.h"

namespace trimtab::formats::onnx {

/// `payloads`: cut raw_data of the initializers (the model's graph only). `outer` is null for the model's graph.
Result<Graph> importGraph(ImportContext& context, const ::onnx::GraphProto& proto, Scope* outer, const std::map<std::string, int>& opsets,
                          const std::vector<std::span<const std::byte>>& payloads = {});

/// Declares the outputs of these nodes in the scope, then converts the nodes; calls are expanded. For graphs and for function bodies.
Status importNodes(ImportContext& context, Scope& scope, const google::protobuf::RepeatedPtrField<::onnx::NodeProto>& nodes);

/// The body of `function` in place of `call`. The call's outputs are defined in `caller` already.
Status expandCall(ImportContext& context, Scope& caller, const ::onnx::NodeProto& call, const ::onnx::FunctionProto& function);

/// Refused: more than kMaxNodes nodes after expansion, functions that call themselves, chains of more than kMaxFunctionNesting calls.
Status checkExpansion(const ImportContext& context, const ::onnx::GraphProto& graph);

/// The attributes of a node; references of function bodies are replaced by what the call bound.
Status importAttributes(ImportContext& context, Scope& scope, const ::onnx::NodeProto& proto, graph::Node& node);

/// The value of a Constant node. REQUIRES: proto.op_type() == "Constant".
Result<Tensor> constantValue(ImportContext& context, const Scope& scope, const ::onnx::NodeProto& proto);

/// Stable topological order; on a cycle a problem naming one of its nodes, whose nodes then stand last in file order.
Status sortNodes(ImportContext& context, Graph& graph);

}  // namespace trimtab::formats::onnx
