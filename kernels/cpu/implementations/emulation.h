#pragma once
// Treatments that no kernel executes are imitated in fp32, as the reference engine does: codes become floats when the plan is made,
// activations are rounded to eight bits and back before the product, bfloat16 and float16 products round their operands first. Accuracy is
// real, speed is not.
#include "kernels/cpu/plan/builder.h"
#include "kernels/cpu/plan/implementation.h"

namespace trimtab::cpu {

/// Conv, MatMul, Gemm and their fused forms: the operators that a treatment speaks of.
bool hasTreatedOperands(const graph::Node& node);

/// Native when fp32 kernels do what the treatment asks, else Emulated with the reason.
runtime::Support judgeEmulation(const NodeView& view);

/// Input i in fp32, rounded as the treatment asks; other inputs as they are.
Result<SlotId> readAsTreated(Builder& builder, const NodeView& view, std::size_t i, Layout layout = Layout::Plain);

/// The same for an operand that only the run knows; other inputs are handed back untouched.
Result<Tensor> valueAsTreated(const graph::Node& node, std::size_t i, Tensor value);

/// The constant weight at input i as Float32 of its original shape: dequantised, rounded to the compute type. Shared by all plans.
Result<Tensor> unroundedWeight(Builder& builder, const NodeView& view, std::size_t i);  // dequantised only: the packing rounds
Result<Tensor> treatedWeight(Builder& builder, const NodeView& view, std::size_t i);

/// "int8 weights", "4-bit weights" … and the like, in the record's fields.
void recordTreatment(Builder& builder, const NodeView& view);

}  // namespace trimtab::cpu
