#pragma once
// Treatments that no kernel executes are imitated in fp32, as the reference engine does: codes become floats when the plan is made,
// activations are rounded to eight bits and back before the product, and products of narrower floats (tf32, bf16, fp16, fp8) round their
// operands first (core/graph/operand_rounding.h), and keys and values of few bits are rounded and read back
// (core/graph/attention/kv_rounding.h). Accuracy is real, speed is not.
#include "core/graph/attention/attention_nodes.h"
#include "kernels/cpu/planning.h"
#include "kernels/plan/operands/treated.h"

namespace trimtab::cpu {

using plan::hasTreatedOperands;
using plan::recordTreatment;

/// A constant weight of 16 bits under activations in fp32: kernels that want fp32 widen it.
bool isStoredNarrow(const NodeView& view, std::size_t i);

/// Native when fp32 kernels do what the treatment asks, else Emulated with the reason.
runtime::Support judgeEmulation(const NodeView& view);
/// Of an fp32 kernel that is no such kernel for the node: refused for `reason`. Where it would only have imitated the treatment, it isn't
/// meant: what it lacks is not why the layer is emulated.
runtime::Support refusedOrImitatedElsewhere(const NodeView& view, const std::string& reason);

/// Input i in fp32, rounded as the treatment asks; other inputs as they are.
Result<SlotId> readAsTreated(Builder& builder, const NodeView& view, std::size_t i, Layout layout = Layout::Plain);

/// The same for an operand that only the run knows; other inputs are handed back untouched. `part`: of a product of attention.
Result<Tensor> valueAsTreated(const graph::Node& node, std::optional<graph::CachePart> part, std::size_t i, Tensor value);

/// The constant weight at input i as Float32 of its original shape: dequantised or widened, rounded to the compute type. Shared by all
/// plans.
Result<Tensor> unroundedWeight(Builder& builder, const NodeView& view, std::size_t i);  // not rounded: the packing does it
Result<Tensor> treatedWeight(Builder& builder, const NodeView& view, std::size_t i);

}  // namespace trimtab::cpu
