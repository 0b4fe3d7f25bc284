#include "kernels/plan/operands/box_copy.h"

#include <algorithm>

#include "core/base/checked.h"
#include "core/tensor/convert.h"

namespace trimtab::plan {
namespace {

Result<std::vector<BoxCopy>> copiesOfTranspose(const NodeView& view) {
    const Shape from = view.shape(0);
    const Shape to = view.outputShape();
    auto order = view.node.integers("perm");
    if (order.empty()) {
        for (int axis = from.rank() - 1; axis >= 0; --axis) order.push_back(axis);
    }
    BoxCopy copy;
    copy.extents = to.dims();
    copy.destinationStrides = to.strides();
    const auto strides = from.strides();
    for (const std::int64_t axis : order) {
        if (axis < 0 || axis >= from.rank())
            return fail(ErrorCode::Refused, "Transpose names an axis that its input does not have", view.node.name);
        copy.sourceStrides.push_back(strides[static_cast<std::size_t>(axis)]);
    }
    if (copy.sourceStrides.size() != copy.extents.size()) return fail(ErrorCode::Refused, "Transpose names too few axes", view.node.name);
    return std::vector<BoxCopy>{std::move(copy)};
}

Result<std::vector<BoxCopy>> copiesOfSlice(const NodeView& view) {
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

    BoxCopy copy;
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
    return std::vector<BoxCopy>{std::move(copy)};
}

Result<std::vector<BoxCopy>> copiesOfSplit(const NodeView& view) {
    const Shape from = view.shape(0);
    const auto axis = tensor::normalizeAxis(view.node.integer("axis", 0), from.rank());
    if (!axis) return fail(ErrorCode::Unsupported, "its axis is outside the input");
    std::vector<BoxCopy> copies;
    std::int64_t at = 0;
    for (std::size_t i = 0; i < view.node.outputs.size(); ++i) {
        const Shape to = view.outputShape(i);
        if (from.rank() != to.rank()) return fail(ErrorCode::Refused, "its outputs differ in rank", view.node.name);
        BoxCopy copy;
        copy.extents = to.dims();
        copy.sourceStrides = from.strides();
        copy.destinationStrides = to.strides();
        copy.sourceOffset = at * from.strides()[static_cast<std::size_t>(*axis)];
        at += to[*axis];
        copy.output = i;
        copies.push_back(std::move(copy));
    }
    return copies;
}

Result<std::vector<BoxCopy>> copiesOfConcat(const NodeView& view) {
    const Shape to = view.outputShape();
    const auto axis = tensor::normalizeAxis(view.node.integer("axis", 0), to.rank());
    if (!axis) return fail(ErrorCode::Refused, "its axis is outside the input", view.node.name);
    std::vector<BoxCopy> copies;
    std::int64_t at = 0;
    for (std::size_t i = 0; i < view.node.inputs.size(); ++i) {
        const Shape from = view.shape(i);
        if (from.rank() != to.rank()) return fail(ErrorCode::Refused, "its inputs differ in rank", view.node.name);
        BoxCopy copy;
        copy.extents = from.dims();
        copy.sourceStrides = from.strides();
        copy.destinationStrides = to.strides();
        copy.destinationOffset = at * to.strides()[static_cast<std::size_t>(*axis)];
        at += from[*axis];
        copy.input = i;
        copies.push_back(std::move(copy));
    }
    return copies;
}

Result<std::vector<BoxCopy>> copiesOfExpand(const NodeView& view) {
    const Shape from = view.shape(0);
    const Shape to = view.outputShape();
    BoxCopy copy;
    copy.extents = to.dims();
    copy.destinationStrides = to.strides();
    copy.sourceStrides.assign(static_cast<std::size_t>(to.rank()), 0);
    const auto strides = from.strides();
    const int lead = to.rank() - from.rank();
    if (lead < 0) return fail(ErrorCode::Unsupported, "it has fewer axes than its input");
    for (int axis = 0; axis < from.rank(); ++axis) {
        if (from[axis] != 1) copy.sourceStrides[static_cast<std::size_t>(lead + axis)] = strides[static_cast<std::size_t>(axis)];
    }
    return std::vector<BoxCopy>{std::move(copy)};
}

using CopiesOf = Result<std::vector<BoxCopy>> (*)(const NodeView& view);

CopiesOf planner(const graph::Node& node) {
    if (node.is("Transpose")) return copiesOfTranspose;
    if (node.is("Slice")) return copiesOfSlice;
    if (node.is("Split")) return copiesOfSplit;
    if (node.is("Concat")) return copiesOfConcat;
    if (node.is("Expand")) return copiesOfExpand;
    return nullptr;
}

}  // namespace

bool BoxCopy::staysWithin(std::int64_t source, std::int64_t destination) const {
    if (sourceStrides.size() != extents.size() || destinationStrides.size() != extents.size()) return false;
    std::int64_t sourceLow = sourceOffset, sourceHigh = sourceOffset;
    std::int64_t destinationLow = destinationOffset, destinationHigh = destinationOffset;
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
        if (extents[axis] == 0) return true;
        const std::int64_t last = extents[axis] - 1;
        (sourceStrides[axis] < 0 ? sourceLow : sourceHigh) += last * sourceStrides[axis];
        (destinationStrides[axis] < 0 ? destinationLow : destinationHigh) += last * destinationStrides[axis];
    }
    return sourceLow >= 0 && sourceHigh < source && destinationLow >= 0 && destinationHigh < destination;
}

/// Small integers of a constant input; nullopt when it is not constant.
std::optional<std::vector<std::int64_t>> constantIntegers(const NodeView& view, std::size_t input) {
    const Tensor* tensor = view.constant(input);
    if (!tensor) return std::nullopt;
    return tensor::toInt64s(*tensor);
}

std::int64_t extentBetween(const Shape& shape, int from, int to) {
    std::int64_t result = 1;
    for (int axis = from; axis < to; ++axis) result *= shape[axis];
    return result;
}

runtime::Support judgeCopies(const NodeView& view) {
    if (!planner(view.node)) return notMeant();
    if (view.node.op == "Slice" && view.node.version < 10) return refused("Slice before opset 10 keeps its bounds in attributes");
    if (view.node.op == "Split" && std::ranges::count(view.node.outputs, graph::kNoValue) > 0) return refused("an output is left out");
    const int bits = bitWidth(view.type(0));
    if (bits != 8 && bits != 16 && bits != 32 && bits != 64) return refused("its elements are not 1, 2, 4 or 8 bytes");
    return native();
}

Result<std::vector<BoxCopy>> copiesOf(const NodeView& view) {
    TRIMTAB_TRY(auto copies, planner(view.node)(view));
    for (const BoxCopy& copy : copies) {
        if (!copy.staysWithin(view.shape(copy.input).elementCount(), view.outputShape(copy.output).elementCount()))
            return fail(ErrorCode::Refused, view.node.op + " would reach outside its input or output", view.node.name);
    }
    return copies;
}

}  // namespace trimtab::plan
