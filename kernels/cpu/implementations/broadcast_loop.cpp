#include "kernels/cpu/implementations/broadcast_loop.h"

#include <optional>

namespace trimtab::cpu {

std::optional<BroadcastLoop> BroadcastLoop::make(const Shape& output, Layout layout, const std::vector<Operand>& operands) {
    std::vector<std::vector<std::int64_t>> byAxis;
    for (const Operand& operand : operands) {
        const auto own = stridesOf(operand.shape, operand.layout);
        std::vector<std::int64_t> aligned(static_cast<std::size_t>(output.rank()), 0);
        const int lead = output.rank() - operand.shape.rank();
        if (lead < 0) return std::nullopt;
        for (int axis = 0; axis < operand.shape.rank(); ++axis) {
            if (operand.shape[axis] != 1 && operand.shape[axis] != output[lead + axis]) return std::nullopt;
            if (operand.shape[axis] != 1) aligned[static_cast<std::size_t>(lead + axis)] = own[static_cast<std::size_t>(axis)];
        }
        byAxis.push_back(std::move(aligned));
    }

    BroadcastLoop loop;
    loop.strides.resize(operands.size());
    for (const int axis : axisOrder(output.rank(), layout)) {
        const std::int64_t extent = output[axis];
        if (extent == 1) continue;
        bool joins = !loop.extents.empty();
        for (std::size_t i = 0; i < operands.size() && joins; ++i) {
            joins = loop.strides[i].back() == byAxis[i][static_cast<std::size_t>(axis)] * extent;
        }
        for (std::size_t i = 0; i < operands.size(); ++i) {
            if (joins) loop.strides[i].back() = byAxis[i][static_cast<std::size_t>(axis)];
            else loop.strides[i].push_back(byAxis[i][static_cast<std::size_t>(axis)]);
        }
        if (joins) loop.extents.back() *= extent;
        else loop.extents.push_back(extent);
    }
    if (loop.extents.empty()) {
        loop.extents.push_back(1);
        for (auto& strides : loop.strides) strides.push_back(0);
    }
    for (const auto& strides : loop.strides) {
        if (strides.back() != 0 && strides.back() != 1) return std::nullopt;
    }
    return loop;
}

std::int64_t BroadcastLoop::runs() const {
    std::int64_t count = 1;
    for (std::size_t axis = 0; axis + 1 < extents.size(); ++axis) count *= extents[axis];
    return count;
}

}  // namespace trimtab::cpu
