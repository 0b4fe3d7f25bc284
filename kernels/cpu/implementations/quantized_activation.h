#pragma once
// Activations as unsigned bytes, quantised when they are there: uint8, asymmetric, over the whole tensor, as ONNX DynamicQuantizeLinear
// states it.
#include "kernels/cpu/planning.h"

namespace trimtab::cpu {

struct QuantizedActivation {
    SlotId codes = kNoSlot;
    SlotId scale = kNoSlot;      // one float
    SlotId zeroPoint = kNoSlot;  // one int32
};

/// The value quantised in this layout; consumers of the same value share it.
Result<QuantizedActivation> readQuantized(Builder& builder, graph::ValueId id, Layout layout);

/// A slot with weightScale[o] · activation scale for each output, written before the product runs.
SlotId placeOutputScales(Builder& builder, SlotId weightScales, std::int64_t outputs, const QuantizedActivation& activation);

}  // namespace trimtab::cpu
