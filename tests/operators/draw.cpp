#include "tests/operators/draw.h"

#include <numeric>

#include "core/tensor/convert.h"

namespace trimtab::operators {

std::int64_t Draw::integer(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(m_random.below(static_cast<std::uint64_t>(high - low) + 1));
}

Shape Draw::shape(int rank, std::int64_t low, std::int64_t high) {
    std::vector<std::int64_t> dims;
    for (int i = 0; i < rank; ++i) dims.push_back(integer(low, high));
    return Shape(std::move(dims));
}

Tensor Draw::tensor(DataType type, Shape shape, double low, double high) {
    std::int64_t count = 1;
    for (const std::int64_t dim : shape) count *= dim;
    std::vector<double> values(static_cast<std::size_t>(count));
    for (double& value : values) {
        if (type == DataType::Bool) value = coin() ? 1 : 0;
        else if (isInteger(type)) value = static_cast<double>(integer(static_cast<std::int64_t>(low), static_cast<std::int64_t>(high)));
        else value = real(low, high);
    }
    auto made = tensor::convert(Tensor::fromValues(DataType::Float64, std::move(shape), values), type);
    if (!made) std::abort();
    return std::move(*made);
}

std::vector<std::int64_t> Draw::permutation(std::int64_t count) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[m_random.below(i)]);
    return order;
}

}  // namespace trimtab::operators
