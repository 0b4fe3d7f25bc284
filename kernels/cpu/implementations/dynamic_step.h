#pragma once
// Steps through the reference kernels: the last implementation of every operator, and the only one for values whose shape is known only
// when they are there. Correct, slower, and with memory of their own.
#include <vector>

#include "kernels/cpu/planning.h"

namespace trimtab::cpu {

/// Results go to Frame::dynamic; `dynamic` tells for each value whether it stands there.
Status placeDynamicStep(Builder& builder, const NodeView& view, const std::vector<bool>& dynamic);

runtime::Support judgeReference(const NodeView& view);
Status placeReference(Builder& builder, const NodeView& view);

}  // namespace trimtab::cpu
