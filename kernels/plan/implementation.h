#pragma once
// An operator's implementations stand in one list in order of preference, the reference kernel last. The first that takes the node has it;
// every refusal gives its reason.
#include <span>
#include <string>
#include <string_view>

#include "core/runtime/engine.h"
#include "kernels/plan/builder.h"

namespace trimtab::plan {

struct Implementation {
    std::string_view name;
    /// By types, attributes, treatment and this machine, before shapes are known. Refused without a reason: not meant for such a node at
    /// all.
    runtime::Support (*judge)(const NodeView& view);
    /// Places the node for concrete shapes. Unsupported with the reason (or without one: not meant for such shapes) when
    /// these shapes are beyond it; then it has placed nothing.
    Status (*place)(Builder& builder, const NodeView& view);
};

runtime::Support native();
runtime::Support emulated(std::string reason);
runtime::Support refused(std::string reason);
runtime::Support notMeant();

}  // namespace trimtab::plan
