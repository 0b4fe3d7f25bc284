#pragma once
// What the CPU's matrix products with a weight share.
#include "kernels/cpu/onednn/bound_primitive.h"
#include "kernels/plan/operands/product.h"

namespace trimtab::cpu {

using plan::BatchedProduct;
using plan::batchedProduct;
using plan::isWeightProduct;
using plan::WeightProduct;
using plan::weightProduct;

/// The bias as n consecutive floats; kNoSlot without one.
Result<SlotId> readBias(Builder& builder, const NodeView& view, const WeightProduct& product);

}  // namespace trimtab::cpu
