#pragma once
// What the families of products share: the operands of a step, and the steps themselves.
#include <string>

#include "kernels/cuda/implementations/families.h"
#include "kernels/cuda/implementations/weights.h"

namespace trimtab::cuda {

bool isFloat(DataType type);
std::string typeName(DataType type);  // "fp32", "fp16", "bf16"

/// The slot's bytes when a step runs; nullptr for kNoSlot.
template <class T>
T* at(Frame& frame, SlotId slot) {
    return slot == kNoSlot ? nullptr : frame.at<T>(slot);
}

/// Native for a product with a constant weight that kernels here take; refused with the reason otherwise.
runtime::Support judgeWeight(const NodeView& view);

/// In which type the result of products of `product` is formed: as it is held, or Float32.
DataType outputType(const Builder& builder, const NodeView& view, DataType product);

/// Everything that one step of a product with a weight needs.
struct Bound {
    plan::WeightProduct shape;
    DataType type = DataType::Float32;
    DataType output = DataType::Float32;
    SlotId x = kNoSlot;
};
/// With x read in `type`.
Result<Bound> bindProduct(Builder& builder, const NodeView& view, DataType type);

LibraryProduct libraryProduct(const Bound& bound, Arithmetic arithmetic);
Product ownProduct(const Bound& bound, const WeightFormat& format);

Status placeLibraryStep(Builder& builder, const NodeView& view, const Bound& bound, const std::shared_ptr<BoundProduct>& product,
                        SlotId weight);
/// By our kernel for few rows, or by tiles.
Status placeOwnStep(Builder& builder, const NodeView& view, const Bound& bound, const PlacedWeight& weight, bool tiled);

void recordWeight(Builder& builder, const NodeView& view, std::int64_t bytes);

/// Scale and zero point of a step that calibration gave, as the kernels that quantise and finish read them.
Result<SlotId> placeQuantizationParameters(Builder& builder, const graph::ActivationStep& step);

}  // namespace trimtab::cuda
