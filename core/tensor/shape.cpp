#include "core/tensor/shape.h"

#include <algorithm>
#include <cassert>

#include "core/base/checked.h"

namespace trimtab::tensor {

std::int64_t Shape::elementCount() const {
    const auto count = checkedElementCount();
    assert(count);
    return *count;
}

std::optional<std::int64_t> Shape::checkedElementCount() const {
    // A zero makes the tensor empty even where the other dims would overflow.
    if (std::ranges::any_of(m_dims, [](std::int64_t dim) { return dim < 0; })) return std::nullopt;
    if (std::ranges::find(m_dims, 0) != m_dims.end()) return 0;
    return base::checkedProduct(m_dims);
}

std::vector<std::int64_t> Shape::strides() const {
    std::vector<std::int64_t> strides(m_dims.size(), 1);
    for (std::size_t i = m_dims.size(); i-- > 1;) strides[i - 1] = strides[i] * std::max<std::int64_t>(m_dims[i], 1);
    return strides;
}

std::string Shape::text() const {
    std::string text = "[";
    for (std::size_t i = 0; i < m_dims.size(); ++i) text += (i ? ", " : "") + std::to_string(m_dims[i]);
    return text + "]";
}

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
    const auto rank = static_cast<std::size_t>(std::max(a.rank(), b.rank()));
    std::vector<std::int64_t> dims(rank);
    for (std::size_t i = 0; i < rank; ++i) {
        const auto dimOf = [&](const Shape& shape) {
            const std::size_t missing = rank - static_cast<std::size_t>(shape.rank());
            return i < missing ? 1 : shape.dims()[i - missing];
        };
        const std::int64_t x = dimOf(a);
        const std::int64_t y = dimOf(b);
        if (x != y && x != 1 && y != 1) return std::nullopt;
        dims[i] = x == 1 ? y : x;
    }
    return Shape(std::move(dims));
}

std::optional<int> normalizeAxis(std::int64_t axis, int rank) {
    if (axis < -rank || axis >= rank) return std::nullopt;
    return static_cast<int>(axis < 0 ? axis + rank : axis);
}

}  // namespace trimtab::tensor
