#pragma once
// The operators that a treatment speaks of.
#include "kernels/plan/builder.h"

namespace trimtab::plan {

/// Conv, MatMul, Gemm and their fused forms.
bool hasTreatedOperands(const graph::Node& node);

/// The weights as a reason names them: "4-bit", or the format of floating codes, "nf4".
std::string weightWords(const NodeView& view);

/// What the treatment asked, in the fields of the layer's record.
void recordTreatment(Builder& builder, const NodeView& view);

}  // namespace trimtab::plan
