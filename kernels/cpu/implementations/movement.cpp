// Operators that only move elements, of any type of whole bytes: each is one strided copy (Concat and Split: one a part). Gather moves
// rows.
#include <cstring>

#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/strided_copy.h"

namespace trimtab::cpu {

runtime::Support judgeMovement(const NodeView& view) { return plan::judgeCopies(view); }

Status placeMovement(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const auto copies, plan::copiesOf(view));
    std::vector<SlotId> results;
    for (const graph::ValueId output : view.node.outputs) results.push_back(builder.write(output));
    for (const plan::BoxCopy& box : copies) {
        TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(box.input)));
        StridedCopy copy{box, bitWidth(view.type(0)) / 8};
        copy.simplify();
        const SlotId destination = results[box.output];
        builder.step(
            [copy = std::move(copy), source, destination](Frame& frame) {
                copy.run(frame.at<std::byte>(source), frame.at<std::byte>(destination));
                return Status{};
            },
            {source}, {destination});
    }
    return {};
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
    const std::int64_t outer = plan::extentBetween(from, 0, *axis);
    const std::int64_t extent = from[*axis];
    const std::int64_t row = plan::extentBetween(from, *axis + 1, from.rank());
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
                const std::int64_t given = isLong ? frame.at<std::int64_t>(indices)[i] : frame.at<std::int32_t>(indices)[i];
                const std::int64_t index = given < 0 ? given + extent : given;
                if (index < 0 || index >= extent) {
                    return fail(ErrorCode::Refused,
                                "index " + std::to_string(given) + " is outside the " + std::to_string(extent) + " rows of the table");
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
