#pragma once
// Graph → graph rewrites. Each keeps outputs unchanged (to rounding), keeps origins, and leaves the graph valid with shapes inferred.
// Two stages: simplify() leaves only operators a model file may hold and runs before compression, so that what is
// compressed is what runs; fuse() makes operators of the "trimtab" domain and runs inside engines.
#include "core/graph/graph.h"
#include "core/graph/node_evaluator.h"

namespace trimtab::graph {

/// Identity, Dropout (inference), Cast to the same type, no-op Reshape/Transpose/Pad/Slice, one-input Concat/Sum/…: consumers read the
/// source. Nothing ran for such a node, so it leaves no origin behind. A graph output keeps its name.
Status removeIdentities(Graph& graph);
/// Nodes whose inputs are all constant become constants, unless the results together grow the graph by more than `maxBytes`; Shape/Size and
/// shape arithmetic whose result shape inference knows too. Random operators, nodes with subgraphs, and nodes that make a graph
/// output are left alone; so is a node whose evaluation fails (running it will say why).
Status foldConstants(Graph& graph, NodeEvaluator& evaluator, std::int64_t maxBytes = 256 << 20);
/// Conv → BatchNormalization (inference) becomes Conv with bias, when the Conv's result is used only there. float32 constants.
Status foldBatchNorm(Graph& graph);
/// removeIdentities, foldConstants, foldBatchNorm, removeDeadNodes, to a fixed point.
Status simplify(Graph& graph, NodeEvaluator& evaluator);

// Fused operators, all of domain "trimtab", version 1. A fused node has the name and the Treatment of its Conv or MatMul (else of the last
// node of the chain), the union of all origins in node order, and the value name of the last node's output. Its weight stays the value it
// was, constant or quantised. A chain is fused only when its inner values are read nowhere else and are not graph outputs.
//
//   FusedMatMul (A, W[, bias])  {transB: 0|1, activation: ""|"Relu"}
//       A [..., M, K] of rank >= 2; W a constant float or quantised matrix, [K, N] (transB 0) or [N, K] (transB 1);
//       bias a constant float vector [N]. Y = activation(A · W + bias).
//   FusedConv (X, W[, B][, residual])  Conv's attributes and {activation: ""|"Relu"|"Sigmoid"|"Clip", min, max (floats, with "Clip" only)}
//       W constant or quantised; B is left out (kNoValue) where there is a residual but no bias; residual has exactly the result's shape
//       and type. Y = activation(conv(X, W) + B + residual).
//   RMSNormalization (X, scale)  {axis: -1, epsilon}; scale a vector as long as the last axis. Y = X / √(mean(X²) + epsilon) · scale.
//   Silu (X): X · sigmoid(X).    Gelu (X): X · ½ · (1 + erf(X / √2)).

/// Every MatMul with a constant 2-D weight, with a following Add of a constant vector or without, and every Gemm with constant weight and
/// transA = 0 (alpha and beta are folded into constants; where they cannot be, the Gemm stays) → FusedMatMul.
Status fuseMatMulAdd(Graph& graph);
/// Every Conv with a constant weight → FusedConv, taking a following Add of an equally shaped value as `residual`, then a following
/// Relu, Sigmoid or Clip with constant limits; FusedMatMul takes a following Relu.
Status fuseActivations(Graph& graph);
/// x·rsqrt(mean(x²)+ε)·γ → RMSNormalization; x·sigmoid(x) → Silu; x·erf chain → Gelu; the LayerNorm chain → LayerNormalization (domain "",
/// version 17, axis −1, with bias where β is added). γ and β are constants along the last axis.
Status fuseNormalizations(Graph& graph);
/// All fusions in order.
Status fuse(Graph& graph);

}  // namespace trimtab::graph
