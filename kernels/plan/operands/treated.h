#pragma once
// The operators that a treatment speaks of.
#include "kernels/plan/builder.h"

namespace trimtab::plan {

/// Conv, MatMul, Gemm and their fused forms.
bool hasTreatedOperands(const graph::Node& node);

/// What the treatment asked, in the fields of the layer's record.
void recordTreatment(Builder& builder, const NodeView& view);

}  // namespace trimtab::plan
