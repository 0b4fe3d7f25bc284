#pragma once
// Product operators (Conv, MatMul, Gemm, trimtab.FusedConv, trimtab.FusedMatMul) as a recipe treated them. What is imitated, exactly:
//
//   activationBits 8, weight quantised   the activation (input 0) becomes q of DynamicQuantizeLinear over the whole tensor, batch included;
//                                        y[n] = s_x · Σ_g s_w[n][g] · Σ_{k in g} (q[k] − zero)·(code[n][k] − z_w[n][g]);
//                                        the inner sum is exact in int64, the outer one is formed in double, y is rounded to float32 once.
//                                        Padding of a Conv is q = zero, that is 0. This needs no particular weight width: 2…8 bits alike.
//                                        With activationStep s_x and zero are those, and q = saturate(round(x / s_x) + zero), as
//                                        QuantizeLinear states it; with activationPerToken each row of the last axis (after transA) has its
//                                        own s_x and zero; with activationGroup each group of so many of its columns has, with signed
//                                        codes: s_x[g] = max|x| / 127, q = round(x / s_x[g]), zero = 0. Where the weight's groups are
//                                        others (or its codes no integers) such activations are quantised, dequantised and multiplied
//                                        as float32.
//   activationBits 8, weight not         the activation is quantised and dequantised, then multiplied as float32.
//     quantised (or not constant)
//   compute tf32, bf16, fp16             inputs 0 and 1 are rounded to that type (nearest even; tf32 keeps 10 mantissa bits); each product
//                                        is exact, sums are formed in float32 in the order of the reduction; the result stays float32.
//   compute fp8                          the same with inputs 0 and 1 as e4m3 codes under one scale a tensor (max|x| / 448, or 1 where that
//                                        is 0), saturating; y = sum · scaleX · scaleW. See core/graph/operand_rounding.h.
//   compute fp32 (any weightBits)        values as they are (dequantised weights), sums in double, rounded to float32 once.
//
// alpha, beta, bias, residual and activation follow in float32 on the result and are not quantised or rounded to narrower types.
// Treatments of other operators change nothing: their weights are dequantised and the arithmetic is that of the plain kernel.
// Tensors of type Float16 or BFloat16 are widened before and the result is rounded back after.
#include "core/tensor/quantized_weight.h"
#include "kernels/ref/arguments.h"

namespace trimtab::ref {

/// True for a product operator whose treatment asks for other arithmetic than the plain kernel's.
bool changesArithmetic(const graph::Node& node);

/// Runs the node under its treatment. `weight`: input 1 as quantised, or nullptr; inputs hold its dequantised values either way.
/// REQUIRES: changesArithmetic(node).
Result<Values> evaluateTreated(const graph::Node& node, std::span<const RunValue> inputs, const tensor::QuantizedWeight* weight);

}  // namespace trimtab::ref
