#include "core/graph/passes/affine.h"

#include <cmath>

#include "core/graph/passes/rewriter.h"

namespace trimtab::graph {

namespace {

/// Inputs 1 and 2 of the node, for codes of this type.
std::optional<Affine> parametersOf(const Graph& graph, const Node& node, DataType codes) {
    if (codes != DataType::UInt8 && codes != DataType::Int8) return std::nullopt;
    if (node.integer("block_size", 0) != 0 || node.input(1) == kNoValue || node.output(0) == kNoValue) return std::nullopt;
    const Tensor* scaleTensor = graph.constantOf(node.inputs[1]);
    const auto scale = scalarConstant(graph, node.inputs[1]);
    if (!scale || scaleTensor->type() != DataType::Float32 || !std::isfinite(*scale) || *scale <= 0) return std::nullopt;
    Affine affine{codes, static_cast<float>(*scale), 0};
    if (node.input(2) != kNoValue) {
        const auto zero = scalarConstant(graph, node.inputs[2]);
        if (!zero || graph.value(node.inputs[2]).type.type != codes) return std::nullopt;
        affine.zero = static_cast<std::int64_t>(*zero);
    }
    return affine;
}

}  // namespace

bool isQuantization(const Node& node, std::string_view op) { return node.is(op) || node.is(op, "com.microsoft"); }

std::optional<Affine> quantizerOf(const Graph& graph, const Node& node) {
    if (!isQuantization(node, "QuantizeLinear") || node.input(0) == kNoValue || node.output(0) == kNoValue) return std::nullopt;
    if (graph.value(node.inputs[0]).type.type != DataType::Float32) return std::nullopt;
    if (node.has("precision") && node.integer("precision", 0) > 1) return std::nullopt;
    return parametersOf(graph, node, graph.value(node.outputs[0]).type.type);
}

std::optional<Affine> dequantizerOf(const Graph& graph, const Node& node) {
    if (!isQuantization(node, "DequantizeLinear") || node.input(0) == kNoValue || node.output(0) == kNoValue) return std::nullopt;
    if (graph.value(node.outputs[0]).type.type != DataType::Float32) return std::nullopt;
    return parametersOf(graph, node, graph.value(node.inputs[0]).type.type);
}

}  // namespace trimtab::graph
