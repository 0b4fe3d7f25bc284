#pragma once
// Everything that one shape signature needs: the bound graph, the flat list of calls, the arena, the rows that tell what runs.
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/trace/layer_record.h"
#include "core/trace/node_scope.h"
#include "kernels/cpu/plan/slot.h"
#include "kernels/cpu/plan/weight_store.h"

namespace trimtab::cpu {

class Plan {
public:
    struct Input {
        std::string name;
        DataType type = DataType::Undefined;
        Shape shape;
        SlotId slot = kNoSlot;
    };
    struct Output {
        std::string name;
        DataType type = DataType::Undefined;
        Shape shape;                          // of a static output
        SlotId slot = kNoSlot;                // kNoSlot: dynamic
        graph::ValueId value = graph::kNoValue;
    };
    /// The steps of one layer record.
    struct Range {
        int layer = 0;
        std::size_t begin = 0;
        std::size_t end = 0;
    };

    /// True when these inputs have the names, types and shapes that the plan was made for.
    bool fits(std::span<const NamedTensor> given) const;
    /// REQUIRES: fits(given).
    Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> given, trace::NodeListener* listener);

    /// Gives every arena slot its offset, allocates the arena and resolves the fixed addresses. OutOfMemory before anything is allocated.
    Status allocate();
    std::int64_t arenaBytes() const { return static_cast<std::int64_t>(arena.bytes().size()); }

    Graph graph;
    std::vector<Slot> slots;
    std::vector<Step> steps;
    std::vector<Range> ranges;
    std::vector<trace::LayerRecord> records;
    std::vector<Input> inputs;
    std::vector<Output> outputs;
    std::vector<HeldWeight> weights;
    std::vector<Tensor> constants;  // made while planning, referred to by Constant slots
    Tensor arena;
    Frame frame;
    std::int64_t weightBytes = 0;

private:
    void settleLifetimes();
    SlotId rootOf(SlotId slot) const;
    Status bindInputs(std::span<const NamedTensor> given);
    Result<std::vector<NamedTensor>> collect() const;

    std::vector<Tensor> m_alignedInputs;
    std::vector<std::pair<SlotId, SlotId>> m_inputAliases;  // slot, its root among the inputs
};

}  // namespace trimtab::cpu
