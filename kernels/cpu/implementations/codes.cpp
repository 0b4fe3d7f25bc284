// QuantizeLinear and DequantizeLinear between float32 and 8-bit codes of one scale. The layout is kept, whatever it is.
#include "kernels/cpu/implementations/codes.h"

#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/vector/parallel.h"
#include "kernels/cpu/vector/vector_kernels.h"

namespace trimtab::cpu {
namespace {

struct Places {
    SlotId x = kNoSlot, y = kNoSlot;
    std::int64_t count = 0;
};

Result<Places> places(Builder& builder, const NodeView& view) {
    const Layout layout = builder.formOf(view.node.input(0)).layout;
    Places result;
    result.count = view.outputShape().elementCount();
    if (view.shape(0).elementCount() != result.count)
        return fail(ErrorCode::Refused, "its output has another size than its input", view.node.name);
    TRIMTAB_TRY(result.x, builder.read(view.node.input(0), Form{view.type(0), layout}));
    result.y = builder.write(view.node.output(0), Form{view.outputType(), layout});
    return result;
}

}  // namespace

runtime::Support judgeQuantize(const NodeView& view) {
    if (!graph::quantizerOf(view.graph, view.node)) return refused("only float32 to 8-bit codes of one constant scale has a kernel");
    return native();
}

Status placeQuantize(Builder& builder, const NodeView& view) {
    const Affine affine = *graph::quantizerOf(view.graph, view.node);
    TRIMTAB_TRY(const Places at, places(builder, view));
    builder.step(
        [at, affine, quantize = vectorKernels().quantize](Frame& frame) {
            parallelParts(at.count, kElementsWorthThreads, [&](std::int64_t begin, std::int64_t end) {
                quantize(frame.at<float>(at.x) + begin, affine.scale, static_cast<std::int32_t>(affine.zero), affine.type == DataType::Int8,
                         frame.at<std::uint8_t>(at.y) + begin, end - begin);
            });
            return Status{};
        },
        {at.x}, {at.y});
    return {};
}

runtime::Support judgeDequantize(const NodeView& view) {
    if (!graph::dequantizerOf(view.graph, view.node)) return refused("only 8-bit codes of one constant scale to float32 has a kernel");
    return native();
}

Status placeDequantize(Builder& builder, const NodeView& view) {
    const Affine affine = *graph::dequantizerOf(view.graph, view.node);
    TRIMTAB_TRY(const Places at, places(builder, view));
    builder.step(
        [at, affine, dequantize = vectorKernels().dequantize](Frame& frame) {
            parallelParts(at.count, kElementsWorthThreads, [&](std::int64_t begin, std::int64_t end) {
                dequantize(frame.at<std::uint8_t>(at.x) + begin, affine.type == DataType::Int8, affine.scale,
                           static_cast<std::int32_t>(affine.zero), frame.at<float>(at.y) + begin, end - begin);
            });
            return Status{};
        },
        {at.x}, {at.y});
    return {};
}

}  // namespace trimtab::cpu
