#pragma once
// What an implementation uses to place its node in a plan: where values stand, in which form, and the growing list of steps.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/plan/plan.h"

namespace trimtab::plan {

/// A node in its graph.
struct NodeView {
    const Graph& graph;
    const graph::Node& node;

    bool has(std::size_t input) const { return node.input(input) != graph::kNoValue; }
    /// An empty value where the input is left out: judges see nodes that no file should hold.
    const graph::Value& value(std::size_t input) const;
    /// The constant tensor of an input, or nullptr.
    const Tensor* constant(std::size_t input) const { return has(input) ? graph.constantOf(node.input(input)) : nullptr; }
    const tensor::QuantizedWeight* quantized(std::size_t input) const { return has(input) ? value(input).quantized.get() : nullptr; }
    DataType type(std::size_t input) const { return has(input) ? value(input).type.type : DataType::Undefined; }
    DataType outputType(std::size_t output = 0) const { return graph.value(node.output(output)).type.type; }
    /// REQUIRES: the shape is known (always so while a node is being placed).
    Shape shape(std::size_t input) const { return *value(input).type.shape(); }
    Shape outputShape(std::size_t output = 0) const { return *graph.value(node.output(output)).type.shape(); }
    /// Rank, or −1 when it is not known.
    int rank(std::size_t input) const;
};

class Backend;

class Builder {
public:
    Builder(Plan& plan, WeightStore& weights, const Backend& backend, int threads);

    const Graph& graph() const { return m_plan.graph; }
    /// Index of the layer record that is being filled.
    int layer() const { return static_cast<int>(m_plan.records.size()) - 1; }
    /// The plan has a step that waits for the host: it cannot be recorded on a device.
    void waitForHost() { m_plan.waitsForHost = true; }
    WeightStore& weightStore() { return m_weights; }
    const Backend& backend() const { return m_backend; }
    int threads() const { return m_threads; }
    trace::LayerRecord& record() { return m_plan.records.back(); }

    /// Where a value stands in the form its producer chose.
    Form formOf(graph::ValueId id) const;
    /// The slot of a value in this form; a conversion is placed before when it is not there yet, and what it reads and writes is counted in
    /// the current record's reformatBytes. REQUIRES: Float32 or BFloat16 forms of a Float32 value, or its own type.
    Result<SlotId> read(graph::ValueId id, Form form);
    /// The slot of a value in its own type, row-major.
    Result<SlotId> read(graph::ValueId id) { return read(id, Form{graph().value(id).type.type, Layout::Plain}); }
    /// A new buffer for the value.
    SlotId write(graph::ValueId id, Form form);
    SlotId write(graph::ValueId id) { return write(id, Form{graph().value(id).type.type, Layout::Plain}); }
    /// The value takes over the bytes of `slot`.
    SlotId writeOver(graph::ValueId id, Form form, SlotId slot);
    /// True when nobody reads the bytes of `slot` after the current node, so that it may write its result there.
    bool mayOverwrite(SlotId slot) const;

    /// True when the node being placed is the only reader of the value, which is no graph output: its bytes may be changed, wherever they
    /// stand.
    bool isReadOnceNow(graph::ValueId id) const;

    /// Bytes that only one step uses, or that are handed from one step to another.
    SlotId scratch(std::int64_t bytes);
    /// A constant made while planning.
    SlotId constant(Tensor tensor);
    SlotId constantFloats(const std::vector<float>& values);
    /// Keeps a packed weight alive as long as the plan.
    void hold(HeldWeight weight);
    /// Bytes at a fixed address that something held keeps alive.
    SlotId fixedBytes(const void* address, std::int64_t bytes);
    /// A part of fixed bytes. REQUIRES: a slot of fixedBytes().
    SlotId offsetOf(SlotId slot, std::int64_t offset, std::int64_t bytes);

    void step(Call call, std::vector<SlotId> reads, std::vector<SlotId> writes);
    /// The last step reads this slot too.
    void alsoRead(SlotId slot) { m_plan.steps.back().reads.push_back(slot); }
    /// REQUIRES: a slot of fixed bytes.
    const std::byte* addressOf(SlotId slot) const { return m_plan.slots[static_cast<std::size_t>(rootOf(slot))].address; }
    std::size_t stepCount() const { return m_plan.steps.size(); }

    /// Slots derived from a value (its quantised bytes and their parameters, say), found again by what they are.
    const std::vector<SlotId>* derived(graph::ValueId id, const std::string& kind) const;
    void setDerived(graph::ValueId id, const std::string& kind, std::vector<SlotId> slots);

    // For the planner.
    void beginNode(int index) { m_node = index; }
    SlotId addSlot(Slot slot);
    void bind(graph::ValueId id, Form form, SlotId slot);
    bool isBound(graph::ValueId id) const { return !m_forms[static_cast<std::size_t>(id)].empty(); }
    SlotId rootOf(SlotId slot) const;

private:
    struct Standing {
        Form form;
        SlotId slot = kNoSlot;
    };
    Status bindConstant(graph::ValueId id);

    Plan& m_plan;
    WeightStore& m_weights;
    const Backend& m_backend;
    int m_threads;
    int m_node = 0;
    std::vector<std::vector<Standing>> m_forms;  // by value; the producer's choice first
    std::vector<std::vector<graph::ValueId>> m_tenants;  // by root slot: the values in it
    std::vector<int> m_readers;     // by value: how many nodes read it; graph outputs count one more
    std::vector<int> m_lastReader;  // by value: index of the last node that reads it; past the end for graph outputs
    std::map<std::pair<graph::ValueId, std::string>, std::vector<SlotId>> m_derived;
};

}  // namespace trimtab::plan
