#pragma once
// Activations as unsigned bytes, quantised when they are there: uint8, asymmetric, as ONNX DynamicQuantizeLinear states it over the whole
// tensor or over each token; or under a step that is known before, as QuantizeLinear states it.
#include "kernels/cpu/planning.h"

namespace trimtab::cpu {

struct QuantizedActivation {
    SlotId codes = kNoSlot;
    SlotId scale = kNoSlot;      // one float
    SlotId zeroPoint = kNoSlot;  // one int32
};

/// The value quantised in this layout, under the step of the treatment or else under the tensor's own range; consumers of the same value
/// under the same step share it.
Result<QuantizedActivation> readQuantized(Builder& builder, graph::ValueId id, Layout layout, const graph::Treatment& treatment);

/// A slot with weightScale[o] · activation scale for each output, there before the product runs.
SlotId placeOutputScales(Builder& builder, SlotId weightScales, std::int64_t outputs, const QuantizedActivation& activation);
/// The same for a step that is known now.
SlotId fixedOutputScales(Builder& builder, const std::vector<float>& weightScales, float activationScale);

struct QuantizedRows {
    SlotId codes = kNoSlot;
    SlotId scales = kNoSlot;      // a float for each row
    SlotId zeroPoints = kNoSlot;  // an int32 for each row
};

/// The value as `rows` rows, each under its own range; consumers of the same value share it. REQUIRES: rows > 0 and dividing its elements.
Result<QuantizedRows> readQuantizedRows(Builder& builder, graph::ValueId id, std::int64_t rows);

}  // namespace trimtab::cpu
