// Operators that only move elements, of any type of whole bytes: each is one strided copy (Concat and Split: one a part).
#include <algorithm>
#include <cstring>
#include <optional>

#include "core/tensor/convert.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/strided_copy.h"

namespace trimtab::cpu {
namespace {

runtime::Support judgeType(DataType type) {
    const int bits = bitWidth(type);
    if (bits != 8 && bits != 16 && bits != 32 && bits != 64) return refused("its elements are not 1, 2, 4 or 8 bytes");
    return native();
}

/// Settles and adds one copy from input `input` to output `output`.
Status placeCopyStep(Builder& builder, const NodeView& view, StridedCopy copy, std::size_t input, SlotId source, std::size_t output,
                     SlotId destination) {
    if (!copy.staysWithin(view.shape(input).elementCount(), view.outputShape(output).elementCount())) {
        return fail(ErrorCode::Refused, view.node.op + " would reach outside its input or output", view.node.name);
    }
    copy.simplify();
    builder.step(
        [copy = std::move(copy), source, destination](Frame& frame) {
            copy.run(frame.at<std::byte>(source), frame.at<std::byte>(destination));
            return Status{};
        },
        {source}, {destination});
    return {};
}

/// Small integers of a constant input; nullopt when it is not constant.
std::optional<std::vector<std::int64_t>> constantIntegers(const NodeView& view, std::size_t input) {
    const Tensor* tensor = view.constant(input);
    if (!tensor) return std::nullopt;
    return tensor::toInt64s(*tensor);
}

std::int64_t product(const Shape& shape, int from, int to) {
    std::int64_t result = 1;
    for (int axis = from; axis < to; ++axis) result *= shape[axis];
    return result;
}

}  // namespace

runtime::Support judgeTranspose(const NodeView& view) { return judgeType(view.type(0)); }

Status placeTranspose(Builder& builder, const NodeView& view) {
    const Shape from = view.shape(0);
    const Shape to = view.outputShape();
    auto order = view.node.integers("perm");
    if (order.empty()) {
        for (int axis = from.rank() - 1; axis >= 0; --axis) order.push_back(axis);
    }
    StridedCopy copy;
    copy.elementBytes = bitWidth(view.type(0)) / 8;
    copy.extents = to.dims();
    copy.destinationStrides = to.strides();
    const auto strides = from.strides();
    for (const std::int64_t axis : order) {
        if (axis < 0 || axis >= from.rank())
            return fail(ErrorCode::Refused, "Transpose names an axis that its input does not have", view.node.name);
        copy.sourceStrides.push_back(strides[static_cast<std::size_t>(axis)]);
    }
    if (copy.sourceStrides.size() != copy.extents.size()) return fail(ErrorCode::Refused, "Transpose names too few axes", view.node.name);
    TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(0)));
    return placeCopyStep(builder, view, std::move(copy), 0, source, 0, builder.write(view.node.output(0)));
}

runtime::Support judgeSlice(const NodeView& view) {
    if (view.node.version < 10) return refused("Slice before opset 10 keeps its bounds in attributes");
    return judgeType(view.type(0));
}

Status placeSlice(Builder& builder, const NodeView& view) {
    const auto starts = constantIntegers(view, 1);
    const auto ends = constantIntegers(view, 2);
    if (!starts || !ends) return fail(ErrorCode::Unsupported, "its bounds are not constant");
    const Shape from = view.shape(0);
    const Shape to = view.outputShape();
    std::vector<std::int64_t> axes(starts->size());
    for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = static_cast<std::int64_t>(i);
    std::vector<std::int64_t> steps(starts->size(), 1);
    if (view.has(3)) {
        const auto given = constantIntegers(view, 3);
        if (!given) return fail(ErrorCode::Unsupported, "its axes are not constant");
        axes = *given;
    }
    if (view.has(4)) {
        const auto given = constantIntegers(view, 4);
        if (!given) return fail(ErrorCode::Unsupported, "its steps are not constant");
        steps = *given;
    }
    if (axes.size() != starts->size() || steps.size() != starts->size()) return fail(ErrorCode::Unsupported, "its bounds differ in number");

    StridedCopy copy;
    copy.elementBytes = bitWidth(view.type(0)) / 8;
    copy.extents = to.dims();
    copy.sourceStrides = from.strides();
    copy.destinationStrides = to.strides();
    if (from.rank() != to.rank()) return fail(ErrorCode::Refused, "its output differs in rank", view.node.name);
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const auto axis = tensor::normalizeAxis(axes[i], from.rank());
        if (!axis || steps[i] == 0) return fail(ErrorCode::Unsupported, "its axes or steps make no sense");
        const std::int64_t extent = from[*axis];
        std::int64_t start = (*starts)[i] < 0 ? (*starts)[i] + extent : (*starts)[i];
        start = steps[i] > 0 ? std::clamp<std::int64_t>(start, 0, extent)
                             : std::clamp<std::int64_t>(start, 0, std::max<std::int64_t>(extent - 1, 0));
        auto& stride = copy.sourceStrides[static_cast<std::size_t>(*axis)];
        copy.sourceOffset += start * stride;
        stride *= to[*axis] > 1 ? steps[i] : 1;
    }
    TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(0)));
    return placeCopyStep(builder, view, std::move(copy), 0, source, 0, builder.write(view.node.output(0)));
}

runtime::Support judgeSplit(const NodeView& view) {
    for (const graph::ValueId output : view.node.outputs) {
        if (output == graph::kNoValue) return refused("an output is left out");
    }
    return judgeType(view.type(0));
}

Status placeSplit(Builder& builder, const NodeView& view) {
    const Shape from = view.shape(0);
    const auto axis = tensor::normalizeAxis(view.node.integer("axis", 0), from.rank());
    if (!axis) return fail(ErrorCode::Unsupported, "its axis is outside the input");
    TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(0)));
    std::int64_t at = 0;
    for (std::size_t i = 0; i < view.node.outputs.size(); ++i) {
        const Shape to = view.outputShape(i);
        if (from.rank() != to.rank()) return fail(ErrorCode::Refused, "its outputs differ in rank", view.node.name);
        StridedCopy copy;
        copy.elementBytes = bitWidth(view.type(0)) / 8;
        copy.extents = to.dims();
        copy.sourceStrides = from.strides();
        copy.destinationStrides = to.strides();
        copy.sourceOffset = at * from.strides()[static_cast<std::size_t>(*axis)];
        at += to[*axis];
        TRIMTAB_REQUIRE(placeCopyStep(builder, view, std::move(copy), 0, source, i, builder.write(view.node.output(i))));
    }
    return {};
}

runtime::Support judgeConcat(const NodeView& view) { return judgeType(view.type(0)); }

Status placeConcat(Builder& builder, const NodeView& view) {
    const Shape to = view.outputShape();
    const auto axis = tensor::normalizeAxis(view.node.integer("axis", 0), to.rank());
    if (!axis) return fail(ErrorCode::Refused, "its axis is outside the input", view.node.name);
    const SlotId result = builder.write(view.node.output(0));
    std::int64_t at = 0;
    for (std::size_t i = 0; i < view.node.inputs.size(); ++i) {
        const Shape from = view.shape(i);
        if (from.rank() != to.rank()) return fail(ErrorCode::Refused, "its inputs differ in rank", view.node.name);
        StridedCopy copy;
        copy.elementBytes = bitWidth(view.type(0)) / 8;
        copy.extents = from.dims();
        copy.sourceStrides = from.strides();
        copy.destinationStrides = to.strides();
        copy.destinationOffset = at * to.strides()[static_cast<std::size_t>(*axis)];
        at += from[*axis];
        TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(i)));
        TRIMTAB_REQUIRE(placeCopyStep(builder, view, std::move(copy), i, source, 0, result));
    }
    return {};
}

runtime::Support judgeExpand(const NodeView& view) { return judgeType(view.type(0)); }

Status placeExpand(Builder& builder, const NodeView& view) {
    const Shape from = view.shape(0);
    const Shape to = view.outputShape();
    StridedCopy copy;
    copy.elementBytes = bitWidth(view.type(0)) / 8;
    copy.extents = to.dims();
    copy.destinationStrides = to.strides();
    copy.sourceStrides.assign(static_cast<std::size_t>(to.rank()), 0);
    const auto strides = from.strides();
    const int lead = to.rank() - from.rank();
    if (lead < 0) return fail(ErrorCode::Unsupported, "it has fewer axes than its input");
    for (int axis = 0; axis < from.rank(); ++axis) {
        if (from[axis] != 1) copy.sourceStrides[static_cast<std::size_t>(lead + axis)] = strides[static_cast<std::size_t>(axis)];
    }
    TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(0)));
    return placeCopyStep(builder, view, std::move(copy), 0, source, 0, builder.write(view.node.output(0)));
}

runtime::Support judgeGather(const NodeView& view) {
    if (view.type(1) != DataType::Int64 && view.type(1) != DataType::Int32) return refused("its indices are neither int32 nor int64");
    if (view.type(0) == DataType::Undefined || bitWidth(view.type(0)) < 8) return refused("its elements are not whole bytes");
    return native();
}

Status placeGather(Builder& builder, const NodeView& view) {
    const Shape from = view.shape(0);
    const auto axis = tensor::normalizeAxis(view.node.integer("axis", 0), from.rank());
    if (!axis) return fail(ErrorCode::Refused, "its axis is outside the input", view.node.name);
    const std::int64_t outer = product(from, 0, *axis);
    const std::int64_t extent = from[*axis];
    const std::int64_t row = product(from, *axis + 1, from.rank());
    const auto inner = static_cast<std::size_t>(row * (bitWidth(view.type(0)) / 8));
    const std::int64_t count = view.shape(1).elementCount();
    if (outer * count * row != view.outputShape().elementCount())
        return fail(ErrorCode::Refused, "its output has another size than it gathers", view.node.name);
    const bool isLong = view.type(1) == DataType::Int64;
    TRIMTAB_TRY(const SlotId table, builder.read(view.node.input(0)));
    TRIMTAB_TRY(const SlotId indices, builder.read(view.node.input(1)));
    const SlotId result = builder.write(view.node.output(0));
    builder.step(
        [=](Frame& frame) -> Status {
            const std::byte* source = frame.at<std::byte>(table);
            std::byte* target = frame.at<std::byte>(result);
            for (std::int64_t i = 0; i < count; ++i) {
                std::int64_t index = isLong ? frame.at<std::int64_t>(indices)[i] : frame.at<std::int32_t>(indices)[i];
                if (index < 0) index += extent;
                if (index < 0 || index >= extent) {
                    return fail(ErrorCode::Refused,
                                "index " + std::to_string(index) + " is outside the " + std::to_string(extent) + " rows of the table");
                }
                for (std::int64_t o = 0; o < outer; ++o) {
                    std::memcpy(target + static_cast<std::size_t>(o * count + i) * inner,
                                source + static_cast<std::size_t>(o * extent + index) * inner, inner);
                }
            }
            return {};
        },
        {table, indices}, {result});
    return {};
}

}  // namespace trimtab::cpu
