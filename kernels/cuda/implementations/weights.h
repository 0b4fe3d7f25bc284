#pragma once
// Weights as the products read them: on the device, rows of outputs, made once for all plans of a model.
#include "kernels/cuda/backend.h"
#include "kernels/cuda/kernels/products.h"
#include "kernels/plan/operands/product.h"

namespace trimtab::cuda {

/// A packed weight and the slots of its parts (kNoSlot where it has none).
struct PlacedWeight {
    WeightFormat format;
    SlotId values = kNoSlot;
    SlotId scales = kNoSlot;
    SlotId zeros = kNoSlot;
    std::int64_t bytes = 0;
};

/// The constant matrix of a product as rows [n, k] of `type`; quantised ones are dequantised (on the host, once).
Result<PlacedWeight> placeRows(Builder& builder, const NodeView& view, const plan::WeightProduct& product, DataType type);
/// Codes of 8 or 4 bits with their scales and zero points; rows padded to 16 bytes.
Result<PlacedWeight> placeCodes(Builder& builder, const NodeView& view);

/// Signed codes padded to rows of `pitch`, the sum of each row, and one scale a row: what integer products read.
struct IntegerWeight {
    SlotId codes = kNoSlot;
    SlotId rowSums = kNoSlot;
    SlotId scales = kNoSlot;
    std::int64_t pitch = 0;
};
Result<IntegerWeight> placeIntegerWeight(Builder& builder, const NodeView& view);

/// e4m3 rows [n, k] under one scale.
struct Float8Weight {
    SlotId codes = kNoSlot;
    SlotId scale = kNoSlot;
};
Result<Float8Weight> placeFloat8Weight(Builder& builder, const NodeView& view, const plan::WeightProduct& product);

/// A bias of n values as `type` on the device; kNoSlot without one.
Result<SlotId> placeBias(Builder& builder, const NodeView& view, graph::ValueId bias, std::int64_t n, DataType type);

/// Device memory made from host bytes once, found again by (identity, kind); held by the plan.
Result<SlotId> placeBytes(Builder& builder, const void* identity, const std::string& kind, std::shared_ptr<const void> owner,
                          const std::function<Result<std::vector<std::byte>>()>& make);

}  // namespace trimtab::cuda
