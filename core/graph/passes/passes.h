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
/// DequantizeLinear of 8-bit codes that Conv, MatMul or Gemm reads as its weight (float32; one scale, or one for each output) becomes a
/// QuantizedWeight: the layer reads what the file holds. A QuantizeLinear of constants in front of it is run.
Status adoptQuantizedWeights(Graph& graph, NodeEvaluator& evaluator);
/// Transposes move behind element-wise operators, Concat and Softmax until they meet, and two that meet become one or none. Returns the
/// origins of those that are gone; where none would be, the graph stays as it is. For recipes that ask for it: part of no other pass.
Result<std::vector<std::string>> cancelTransposes(Graph& graph);
/// removeIdentities, adoptQuantizedWeights, foldConstants, foldBatchNorm, removeDeadNodes, to a fixed point.
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
// Of fuseQuantization(), on 8-bit codes (uint8 or int8), value = (code − zero) · scale:
//   QuantizedConv, QuantizedMatMul   inputs and attributes of FusedConv and FusedMatMul, but X is codes of {x_scale, x_zero} and W is
//       symmetric 8-bit codes with one scale for each output. With {y_scale, y_zero, output_dtype: 2 uint8 | 3 int8} the result is codes
//       too (then there is no residual), else float32.
//   QuantizedAdd, QuantizedMul (A, B)   codes of {a_scale, a_zero} and {b_scale, b_zero}, broadcast; {activation: ""|"Relu"}; the result
//       is codes of {y_scale, y_zero, output_dtype}.
//   Lookup (X, table)   table[byte of X]; the table has 256 elements, the result its type.

/// Every MatMul with a constant 2-D weight, with a following Add of a constant vector or without, and every Gemm with constant weight and
/// transA = 0 (alpha and beta are folded into constants; where they cannot be, the Gemm stays) → FusedMatMul.
Status fuseMatMulAdd(Graph& graph);
/// Every Conv with a constant weight → FusedConv, taking a following Add of an equally shaped value as `residual`, then a following
/// Relu, Sigmoid or Clip with constant limits; FusedMatMul takes a following Relu.
Status fuseActivations(Graph& graph);
/// x·rsqrt(mean(x²)+ε)·γ → RMSNormalization; x·sigmoid(x) → Silu; x·erf chain → Gelu; the LayerNorm chain → LayerNormalization (domain "",
/// version 17, axis −1, with bias where β is added). γ and β are constants along the last axis.
Status fuseNormalizations(Graph& graph);
/// All fusions above, in order.
Status fuse(Graph& graph);
/// Pairs of DequantizeLinear and QuantizeLinear around an operator → operators on codes, where kernels have them: products with adopted
/// weights and no treatment of their own, Add, Mul, chains of element-wise functions of one value, and operators that only hand elements
/// on. Codes may differ by one where a sum lies between two. Runs after fuse(), in engines that have these operators.
Status fuseQuantization(Graph& graph, NodeEvaluator& evaluator);
/// For engines that compute in fp32: float16 and bfloat16 values become float32, with a Cast behind inputs and before outputs of those
/// types. What is read as it is stored keeps its type: weights of FusedMatMul (their Treatment says 16 bits), tables of Gather, caches that
/// GroupQueryAttention writes in place; so do operands of QuantizeLinear. Runs after fuse(). A graph with subgraphs is left as it is.
Status widenFloats(Graph& graph);

}  // namespace trimtab::graph
