#pragma once
// Everything that one shape signature needs: the bound graph, the flat list of calls, the arena, the rows that tell what runs.
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/trace/layer_record.h"
#include "kernels/plan/slot.h"
#include "kernels/plan/weight_store.h"

namespace trimtab::plan {

class Backend;

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
    /// Gives every arena slot its offset, allocates the arena and resolves the fixed addresses. OutOfMemory before anything is allocated.
    Status allocate(const Backend& backend);

    Graph graph;
    std::vector<Slot> slots;
    std::vector<Step> steps;
    std::vector<Range> ranges;
    std::vector<trace::LayerRecord> records;
    std::vector<Input> inputs;
    std::vector<Output> outputs;
    std::vector<HeldWeight> weights;
    std::vector<Tensor> constants;  // made while planning, referred to by Constant slots
    std::shared_ptr<std::byte> arena;
    std::int64_t arenaBytes = 0;
    bool waitsForHost = false;  // some step does
    Frame frame;
    std::int64_t weightBytes = 0;

    std::vector<std::pair<SlotId, SlotId>> inputAliases;  // slot, its root among the inputs

private:
    void settleLifetimes();
    SlotId rootOf(SlotId slot) const;
};

/// The tensor named so, looked for at `expected` first; nullptr when it is not there.
const Tensor* findTensor(std::span<const NamedTensor> given, const std::string& name, std::size_t expected);

}  // namespace trimtab::plan
