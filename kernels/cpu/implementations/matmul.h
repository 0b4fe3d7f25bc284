#pragma once
// What the CPU's matrix products with a weight share.
#include "kernels/cpu/onednn/bound_primitive.h"
#include "kernels/plan/operands/product.h"

namespace trimtab::cpu {

using plan::BatchedProduct;
using plan::batchedProduct;
using plan::WeightProduct;
using plan::weightProduct;

/// plan::isWeightProduct() of fp32 operands; any other type has other kernels.
inline bool isFloatWeightProduct(const NodeView& view, std::string* reason) {
    if (view.type(0) == DataType::Float32) return plan::isWeightProduct(view, reason);
    if (reason) reason->clear();
    return false;
}

/// The bias as n consecutive floats; kNoSlot without one.
Result<SlotId> readBias(Builder& builder, const NodeView& view, const WeightProduct& product);

}  // namespace trimtab::cpu
