#include "kernels/cuda/backend.h"

#include "kernels/cuda/forms.h"
#include "kernels/cuda/implementations/expression_builder.h"
#include "kernels/cuda/implementations/families.h"

namespace trimtab::cuda {

std::span<const Implementation> CudaBackend::implementationsOf(const graph::Node& node) const { return cuda::implementationsOf(node); }

Status CudaBackend::begin(const Graph& graph) {
    m_held = heldTypes(graph);
    m_inlined = inlinedValues(graph);
    m_gated = gatedUnits(graph);
    if (m_fault) return {};
    TRIMTAB_TRY(m_fault, device().allocate(sizeof(int)));
    return device().clear(m_fault.get(), sizeof(int));
}

Status CudaBackend::placeConversion(Builder& builder, const Shape& shape, Form from, SlotId source, Form to, SlotId destination) const {
    if (shape.elementCount() == 0) return {};
    if (from.layout != Layout::Plain || to.layout != Layout::Plain)
        return fail(ErrorCode::Failed, "only row-major values stand on the GPU");
    if (from.type == to.type) return placeCopy(builder, source, destination, *tensor::byteSize(from.type, shape.elementCount()));
    Expression expression;
    expression.extents = {shape.elementCount()};
    expression.inputs.resize(1);
    expression.inputs[0].type = from.type;
    expression.inputs[0].strides[0] = 1;
    expression.outputType = to.type;
    TRIMTAB_REQUIRE(checkExpression(expression));
    builder.step([expression = std::move(expression), source, destination, to = stream()](
                     Frame& frame) { return launchExpression(to, expression, {frame.at<void>(source)}, frame.at<void>(destination)); },
                 {source}, {destination});
    return {};
}

Status CudaBackend::placeCopy(Builder& builder, SlotId source, SlotId destination, std::int64_t bytes) const {
    builder.step([source, destination, bytes, device = m_tools->device](
                     Frame& frame) { return device->copy(frame.at<void>(destination), frame.at<void>(source), bytes); },
                 {source}, {destination});
    return {};
}

runtime::Support CudaBackend::judgeDynamic(const NodeView& view) const { return judgeTreatment(view); }

Status CudaBackend::placeDynamic(Builder& builder, const NodeView& view, const std::vector<bool>& dynamic) const {
    return placeDynamicHost(builder, view, dynamic);
}

Result<SlotId> CudaBackend::placeConstant(Builder& builder, Tensor tensor) const {
    const auto bytes = static_cast<std::int64_t>(tensor.bytes().size());
    TRIMTAB_TRY(auto entry, builder.weightStore().findOrMake<DeviceMemory>(
                                tensor.bytes().data(), "on the GPU", tensor,
                                [&]() -> Result<DeviceMemory> {
                                    TRIMTAB_TRY(DeviceMemory memory, device().allocate(bytes));
                                    TRIMTAB_REQUIRE(device().upload(memory.get(), tensor.bytes().data(), bytes));
                                    TRIMTAB_REQUIRE(device().synchronize());
                                    return memory;
                                },
                                [bytes](const DeviceMemory&) { return bytes; }));
    builder.hold(entry.held);
    return builder.fixedBytes(entry.value->get(), bytes);
}

Result<std::shared_ptr<std::byte>> CudaBackend::allocateArena(std::int64_t bytes) const { return device().allocate(bytes); }

}  // namespace trimtab::cuda
