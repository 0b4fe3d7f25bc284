#pragma once
// Steps that move a value between forms.
#include "kernels/cpu/planning.h"

namespace trimtab::cpu {

/// One step that writes the tensor of `from` in the form `to`; Float32 and BFloat16 in either layout, or equal types.
Status placeConversion(Builder& builder, const Shape& shape, Form from, SlotId source, Form to, SlotId destination);
void placeCopy(Builder& builder, SlotId source, SlotId destination, std::int64_t bytes);

}  // namespace trimtab::cpu
