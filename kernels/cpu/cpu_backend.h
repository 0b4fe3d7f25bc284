#pragma once
// Plans for this machine's processor: bytes stand in host memory, constants where they are.
#include "kernels/plan/backend.h"

namespace trimtab::cpu {

class CpuBackend final : public plan::Backend {
public:
    std::span<const plan::Implementation> implementationsOf(const graph::Node& node) const override;
    Status placeConversion(plan::Builder& builder, const Shape& shape, plan::Form from, plan::SlotId source, plan::Form to,
                           plan::SlotId destination) const override;
    Status placeCopy(plan::Builder& builder, plan::SlotId source, plan::SlotId destination, std::int64_t bytes) const override;
    runtime::Support judgeDynamic(const plan::NodeView& view) const override;
    Status placeDynamic(plan::Builder& builder, const plan::NodeView& view, const std::vector<bool>& dynamic) const override;
    bool hasSparseKernel(const plan::NodeView& view) const override;
    Result<plan::SlotId> placeConstant(plan::Builder& builder, Tensor tensor) const override;
    Result<std::shared_ptr<std::byte>> allocateArena(std::int64_t bytes) const override;
};

}  // namespace trimtab::cpu
