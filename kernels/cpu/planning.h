#pragma once
// The words of kernels/plan, as the CPU engine uses them.
#include "kernels/plan/builder.h"
#include "kernels/plan/implementation.h"

namespace trimtab::cpu {

using plan::axisOrder;
using plan::Builder;
using plan::Call;
using plan::emulated;
using plan::Form;
using plan::Frame;
using plan::HeldWeight;
using plan::Implementation;
using plan::kNoSlot;
using plan::Layout;
using plan::layoutsAgree;
using plan::native;
using plan::NodeView;
using plan::notMeant;
using plan::Plan;
using plan::refused;
using plan::Slot;
using plan::SlotId;
using plan::Step;
using plan::stridesOf;
using plan::WeightStore;

}  // namespace trimtab::cpu
