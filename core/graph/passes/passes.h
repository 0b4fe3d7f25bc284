#pragma once
// Graph → graph rewrites. Each keeps outputs unchanged (to rounding), keeps origins, and leaves the graph valid with shapes inferred.
// Two stages: simplify() leaves only operators a model file may hold and runs before compression, so that what is
// compressed is what runs; fuse() makes operators of the "trimtab" domain and runs inside engines.
#include "core/graph/graph.h"
#include "core/graph/node_evaluator.h"

namespace trimtab::graph {

/// Identity, Dropout (inference), Cast to the same type, no-op Reshape/Transpose/Pad/Slice: consumers read the source.
Status removeIdentities(Graph& graph);
/// Nodes whose inputs are all constant become constants, unless the result exceeds `maxBytes` and is larger than its inputs;
/// Shape/Size of values with known shapes too. Random operators are left alone.
Status foldConstants(Graph& graph, NodeEvaluator& evaluator, std::int64_t maxBytes = 256 << 20);
/// Conv → BatchNormalization (inference) becomes Conv with bias, when the Conv's result is used only there.
Status foldBatchNorm(Graph& graph);
/// removeIdentities, foldConstants, foldBatchNorm, removeDeadNodes, to a fixed point.
Status simplify(Graph& graph, NodeEvaluator& evaluator);

/// MatMul (constant 2-D weight) + Add of a constant vector → trimtab.FusedMatMul (A, W[, bias]).
Status fuseMatMulAdd(Graph& graph);
/// Conv → trimtab.FusedConv (X, W[, B][, residual]) with attribute "activation" ("" | "Relu" | "Clip" with "min"/"max" | "Sigmoid"),
/// taking a following Add of an equally shaped value as `residual` and a following activation; FusedMatMul takes a following Relu likewise.
Status fuseActivations(Graph& graph);
/// x·rsqrt(mean(x²)+ε)·γ → trimtab.RMSNormalization (X, scale) {axis, epsilon}; x·sigmoid(x) → trimtab.Silu; x·erf chain → trimtab.Gelu;
/// the LayerNorm chain → LayerNormalization (opset 17).
Status fuseNormalizations(Graph& graph);
/// All fusions in order.
Status fuse(Graph& graph);

}  // namespace trimtab::graph
