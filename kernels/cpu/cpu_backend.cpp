#include "kernels/cpu/cpu_backend.h"

#include "kernels/cpu/implementations/dynamic_step.h"
#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/list.h"
#include "kernels/cpu/implementations/reorder.h"

namespace trimtab::cpu {

std::span<const Implementation> CpuBackend::implementationsOf(const graph::Node& node) const { return cpu::implementationsOf(node); }

Status CpuBackend::placeConversion(Builder& builder, const Shape& shape, Form from, SlotId source, Form to, SlotId destination) const {
    return cpu::placeConversion(builder, shape, from, source, to, destination);
}

Status CpuBackend::placeCopy(Builder& builder, SlotId source, SlotId destination, std::int64_t bytes) const {
    cpu::placeCopy(builder, source, destination, bytes);
    return {};
}

runtime::Support CpuBackend::judgeDynamic(const NodeView& view) const { return judgeEmulation(view); }

Status CpuBackend::placeDynamic(Builder& builder, const NodeView& view, const std::vector<bool>& dynamic) const {
    return placeDynamicStep(builder, view, dynamic);
}

bool CpuBackend::hasSparseKernel(const NodeView& view) const { return cpu::hasSparseKernel(view); }

Result<SlotId> CpuBackend::placeConstant(Builder& builder, Tensor tensor) const { return builder.constant(std::move(tensor)); }

Result<std::shared_ptr<std::byte>> CpuBackend::allocateArena(std::int64_t bytes) const {
    TRIMTAB_TRY(Tensor made, Tensor::allocate(DataType::UInt8, Shape{bytes}));
    auto owner = std::make_shared<Tensor>(std::move(made));
    return std::shared_ptr<std::byte>(owner, owner->mutableBytes().data());
}

}  // namespace trimtab::cpu
