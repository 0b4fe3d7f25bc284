#include "kernels/plan/slot.h"

namespace trimtab::plan {

bool layoutsAgree(const Shape& shape, Layout a, Layout b) {
    if (a == b || shape.rank() < 3 || shape[1] == 1) return true;
    std::int64_t spatial = 1;
    for (int axis = 2; axis < shape.rank(); ++axis) spatial *= shape[axis];
    return spatial == 1;
}

std::vector<int> axisOrder(int rank, Layout layout) {
    std::vector<int> order;
    for (int axis = 0; axis < rank; ++axis) {
        if (axis != 1 || layout == Layout::Plain || rank < 3) order.push_back(axis);
    }
    if (static_cast<int>(order.size()) < rank) order.push_back(1);
    return order;
}

std::vector<std::int64_t> stridesOf(const Shape& shape, Layout layout) {
    std::vector<std::int64_t> strides(static_cast<std::size_t>(shape.rank()), 1);
    const auto order = axisOrder(shape.rank(), layout);
    std::int64_t stride = 1;
    for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
        strides[static_cast<std::size_t>(*axis)] = stride;
        stride *= shape[*axis];
    }
    return strides;
}

}  // namespace trimtab::plan
