#pragma once
// A oneDNN primitive with its arguments tied to slots, and weights packed the way a primitive wants them.
#include <memory>
#include <string>
#include <vector>

#include "kernels/cpu/onednn/adapter.h"
#include "kernels/cpu/planning.h"

namespace trimtab::cpu::onednn {

struct Argument {
    int id = 0;  // DNNL_ARG_SRC, …
    Desc desc;
    SlotId slot = kNoSlot;
    bool isWritten = false;
};

/// Adds one step that runs the primitive; its scratchpad comes from the arena.
Status place(Builder& builder, const Primitive& primitive, std::vector<Argument> arguments);

/// The bytes of `source` (described by `plain`) in the arrangement `wanted`, packed once for all plans of the model; noted as the record's
/// weight bytes.
Result<SlotId> packed(Builder& builder, const Tensor& source, const Desc& plain, const Desc& wanted);

}  // namespace trimtab::cpu::onednn
