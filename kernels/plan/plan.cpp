#include "kernels/plan/plan.h"

#include <algorithm>
#include <limits>

#include "kernels/plan/arena.h"
#include "kernels/plan/backend.h"

namespace trimtab::plan {
const Tensor* findTensor(std::span<const NamedTensor> given, const std::string& name, std::size_t expected) {
    if (expected < given.size() && given[expected].name == name) return &given[expected].tensor;
    for (const auto& candidate : given) {
        if (candidate.name == name) return &candidate.tensor;
    }
    return nullptr;
}

bool Plan::fits(std::span<const NamedTensor> given) const {
    if (given.size() != inputs.size()) return false;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Tensor* tensor = findTensor(given, inputs[i].name, i);
        if (!tensor || tensor->type() != inputs[i].type || tensor->shape() != inputs[i].shape) return false;
    }
    return true;
}

SlotId Plan::rootOf(SlotId slot) const {
    while (slots[static_cast<std::size_t>(slot)].root != kNoSlot) slot = slots[static_cast<std::size_t>(slot)].root;
    return slot;
}

void Plan::settleLifetimes() {
    const auto touch = [&](SlotId id, int step) {
        Slot& slot = slots[static_cast<std::size_t>(rootOf(id))];
        if (slot.firstStep < 0) slot.firstStep = step;
        slot.lastStep = std::max(slot.lastStep, step);
    };
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const SlotId slot : steps[i].reads) touch(slot, static_cast<int>(i));
        for (const SlotId slot : steps[i].writes) touch(slot, static_cast<int>(i));
    }
    for (const Output& output : outputs) {
        if (output.slot != kNoSlot) touch(output.slot, static_cast<int>(steps.size()));
    }
}

Status Plan::allocate(const Backend& backend) {
    settleLifetimes();
    std::vector<Lifetime> lifetimes;
    std::vector<std::size_t> owners;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const Slot& slot = slots[i];
        if (slot.kind != Slot::Kind::Arena || slot.root != kNoSlot || slot.firstStep < 0) continue;
        lifetimes.push_back({slot.bytes, slot.firstStep, slot.lastStep});
        owners.push_back(i);
    }
    TRIMTAB_TRY(const ArenaLayout layout, layOut(lifetimes));
    TRIMTAB_TRY(arena, backend.allocateArena(layout.bytes));
    arenaBytes = layout.bytes;
    for (std::size_t i = 0; i < owners.size(); ++i) slots[owners[i]].offset = layout.offsets[i];

    frame.pointers.assign(slots.size(), arena.get());
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const SlotId root = rootOf(static_cast<SlotId>(i));
        const Slot& slot = slots[static_cast<std::size_t>(root)];
        if (slot.kind == Slot::Kind::Arena) frame.pointers[i] = arena.get() + slot.offset;
        if (slot.kind == Slot::Kind::Constant) frame.pointers[i] = slot.address;
        if (slot.kind == Slot::Kind::Input && root != static_cast<SlotId>(i)) inputAliases.emplace_back(static_cast<SlotId>(i), root);
    }
    frame.dynamic.resize(graph.values.size());
    return {};
}

}  // namespace trimtab::plan
