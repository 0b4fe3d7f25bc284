#pragma once
// Plans for a GPU: the arena and the weights stand in device memory; nodes that no kernel of the GPU executes run on the host by the
// reference kernels, with the copies seen in the plan.
#include <map>
#include <memory>
#include <set>

#include "kernels/cuda/gated_units.h"
#include "kernels/cuda/tools.h"
#include "kernels/plan/backend.h"

namespace trimtab::cuda {

using plan::Builder;
using plan::Form;
using plan::Frame;
using plan::Implementation;
using plan::kNoSlot;
using plan::Layout;
using plan::NodeView;
using plan::SlotId;

class CudaBackend final : public plan::Backend {
public:
    explicit CudaBackend(std::shared_ptr<Tools> tools) : m_tools(std::move(tools)) {}

    std::span<const Implementation> implementationsOf(const graph::Node& node) const override;
    Status begin(const Graph& graph) override;
    Status placeConversion(Builder& builder, const Shape& shape, Form from, SlotId source, Form to, SlotId destination) const override;
    Status placeCopy(Builder& builder, SlotId source, SlotId destination, std::int64_t bytes) const override;
    runtime::Support judgeDynamic(const NodeView& view) const override;
    Status placeDynamic(Builder& builder, const NodeView& view, const std::vector<bool>& dynamic) const override;
    bool hasSparseKernel(const NodeView&) const override { return false; }
    bool ownsInputs() const override { return true; }
    Result<SlotId> placeConstant(Builder& builder, Tensor tensor) const override;
    Result<std::shared_ptr<std::byte>> allocateArena(std::int64_t bytes) const override;

    // For implementations.
    Tools& tools() const { return *m_tools; }
    Device& device() const { return *m_tools->device; }
    Stream stream() const { return m_tools->device->stream(); }
    /// The type in which the value is held between kernels.
    DataType held(graph::ValueId id) const { return m_held[static_cast<std::size_t>(id)]; }
    /// An element-wise result that its only reader takes into its own pass.
    bool isInlined(graph::ValueId id) const { return m_inlined.contains(id); }
    const std::set<graph::ValueId>& inlined() const { return m_inlined; }
    /// The gated unit that the value is inside or the result of; nullptr for none.
    const GatedUnit* gatedUnit(graph::ValueId id) const {
        const auto found = m_gated.find(id);
        return found == m_gated.end() ? nullptr : &found->second;
    }
    /// The word on the device where kernels note that an index was out of range: the index of the layer plus one.
    int* faultWord() const { return reinterpret_cast<int*>(m_fault.get()); }

private:
    std::shared_ptr<Tools> m_tools;
    std::vector<DataType> m_held;
    std::set<graph::ValueId> m_inlined;
    std::map<graph::ValueId, GatedUnit> m_gated;
    DeviceMemory m_fault;
};

inline const CudaBackend& backendOf(const Builder& builder) { return static_cast<const CudaBackend&>(builder.backend()); }

}  // namespace trimtab::cuda
