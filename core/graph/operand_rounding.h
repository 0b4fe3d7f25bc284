#pragma once
// How the two operands of a product are narrowed to a compute type. Every engine that imitates the type, or executes it, must agree on:
//   tf32        10 mantissa bits, exponent of float32, nearest even
//   bf16, fp16  nearest even
//   fp8         e4m3 of value / scale with one scale for the whole tensor, scale = max|x| / 448 (core/tensor/float8.h)
// Products of two such operands are exact in float32 and are summed there; fp8 sums are multiplied by both scales afterwards.
#include <span>
#include <string>

#include "core/graph/graph.h"

namespace trimtab::graph {

/// True for tf32, bf16, fp16 and fp8; fp32 and int8 narrow nothing in this sense.
bool roundsOperands(ComputeType type);

/// The scale of an operand: 1 for all but fp8.
float operandScale(ComputeType type, std::span<const float> values);

/// out[i] = values[i] / scale rounded to the type, without the scale. `out` may be `values`. REQUIRES: roundsOperands(type), equal lengths.
void roundOperand(ComputeType type, float scale, std::span<const float> values, std::span<float> out);

/// values · scale ≈ the tensor.
struct RoundedOperand {
    Tensor values;
    float scale = 1;
};
/// REQUIRES: Float32, roundsOperands(type).
Result<RoundedOperand> roundOperand(ComputeType type, const Tensor& tensor);

/// The same with the scale multiplied in: what an fp32 product takes to imitate the type.
Result<Tensor> roundedOperand(ComputeType type, const Tensor& tensor);

}  // namespace trimtab::graph
