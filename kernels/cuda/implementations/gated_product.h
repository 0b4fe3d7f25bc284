#pragma once
// The two products of a gated unit in one kernel, which is placed with the first of them.
#include <functional>

#include "kernels/cuda/implementations/products.h"

namespace trimtab::cuda {

/// How one family takes both products of a unit.
struct GatedFamily {
    runtime::Support (*judge)(const NodeView& view);  // both must be native to it
    std::function<Result<PlacedWeight>(const NodeView& product)> placeWeight;
    /// Whether it serves better than the products by themselves; given the weights on the device.
    std::function<Result<bool>(const Product& product, const GatedOperands& weights)> pays;
    std::string kernel;  // of the record
};

/// True when the product is in the kernel of its unit and nothing more is to place for it; false when it is in no unit, or in one that no
/// kernel takes.
Result<bool> placeInGatedUnit(Builder& builder, const NodeView& view, DataType type, const GatedFamily& family);

/// For the nodes behind the products: true when the unit's kernel computed them, which is recorded.
bool isInGatedUnit(Builder& builder, const NodeView& view);

}  // namespace trimtab::cuda
