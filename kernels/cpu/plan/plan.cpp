#include "kernels/cpu/plan/plan.h"

#include <algorithm>
#include <limits>

#include "kernels/cpu/plan/arena.h"

namespace trimtab::cpu {
namespace {

const Tensor* findTensor(std::span<const NamedTensor> given, const std::string& name, std::size_t expected) {
    if (expected < given.size() && given[expected].name == name) return &given[expected].tensor;
    for (const auto& candidate : given) {
        if (candidate.name == name) return &candidate.tensor;
    }
    return nullptr;
}

}  // namespace

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

Status Plan::allocate() {
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
    TRIMTAB_TRY(arena, Tensor::allocate(DataType::UInt8, Shape{layout.bytes}));
    for (std::size_t i = 0; i < owners.size(); ++i) slots[owners[i]].offset = layout.offsets[i];

    frame.pointers.assign(slots.size(), arena.mutableBytes().data());
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const SlotId root = rootOf(static_cast<SlotId>(i));
        const Slot& slot = slots[static_cast<std::size_t>(root)];
        if (slot.kind == Slot::Kind::Arena) frame.pointers[i] = arena.mutableBytes().data() + slot.offset;
        if (slot.kind == Slot::Kind::Constant) frame.pointers[i] = slot.address;
        if (slot.kind == Slot::Kind::Input && root != static_cast<SlotId>(i)) m_inputAliases.emplace_back(static_cast<SlotId>(i), root);
    }
    frame.dynamic.resize(graph.values.size());
    m_alignedInputs.resize(inputs.size());
    return {};
}

Status Plan::bindInputs(std::span<const NamedTensor> given) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const Tensor* tensor = findTensor(given, inputs[i].name, i);
        if (!tensor->aligned(static_cast<std::size_t>(std::max(bitWidth(tensor->type()) / 8, 1)))) {
            TRIMTAB_TRY(m_alignedInputs[i], tensor->clone());
            tensor = &m_alignedInputs[i];
        }
        frame.pointers[static_cast<std::size_t>(inputs[i].slot)] = const_cast<std::byte*>(tensor->bytes().data());
    }
    for (const auto& [slot, root] : m_inputAliases) {
        frame.pointers[static_cast<std::size_t>(slot)] = frame.pointers[static_cast<std::size_t>(root)];
    }
    return {};
}

Result<std::vector<NamedTensor>> Plan::collect() const {
    std::vector<NamedTensor> results;
    results.reserve(outputs.size());
    for (const Output& output : outputs) {
        if (output.slot != kNoSlot) {
            const auto bytes = tensor::byteSize(output.type, output.shape.elementCount());
            const std::span<const std::byte> view(frame.pointers[static_cast<std::size_t>(output.slot)], static_cast<std::size_t>(*bytes));
            results.push_back({output.name, Tensor::view(output.type, output.shape, view, nullptr)});
            continue;
        }
        const auto* tensor = std::get_if<Tensor>(&frame.dynamic[static_cast<std::size_t>(output.value)]);
        if (!tensor) return fail(ErrorCode::Unsupported, "output '" + output.name + "' is a sequence; only tensors can be returned");
        results.push_back({output.name, *tensor});
    }
    return results;
}

Result<std::vector<NamedTensor>> Plan::run(std::span<const NamedTensor> given, trace::NodeListener* listener) {
    TRIMTAB_REQUIRE(bindInputs(given));
    for (const Range& range : ranges) {
        const trace::NodeScope scope(listener, range.layer);
        for (std::size_t i = range.begin; i < range.end; ++i) {
            if (Status done = steps[i].call(frame); !done) {
                Error error = std::move(done).error();
                if (error.context.empty()) error.context = records[static_cast<std::size_t>(range.layer)].node;
                return fail(std::move(error));
            }
        }
    }
    return collect();
}

}  // namespace trimtab::cpu
