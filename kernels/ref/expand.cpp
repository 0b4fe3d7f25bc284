// Expand and Tile.
#include <fmt/format.h>

#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"

namespace trimtab::ref {
namespace {

Result<Values> expand(const Call& call) {
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    TRIMTAB_TRY(const Ints wanted, integers(call, 1));
    for (const std::int64_t dim : wanted)
        if (dim < 0) return refuse(call, "the shape holds a negative extent");
    const auto shape = tensor::broadcast(data.shape(), Shape(wanted));
    if (!shape) return refuse(call, fmt::format("{} does not expand to {}", data.shape().text(), Shape(wanted).text()));
    const int missing = shape->rank() - data.shape().rank();
    const Ints strides = data.shape().strides();
    Ints steps(static_cast<std::size_t>(shape->rank()), 0);
    for (int d = 0; d < data.shape().rank(); ++d)
        if (data.shape()[d] != 1) steps[static_cast<std::size_t>(d + missing)] = strides[static_cast<std::size_t>(d)];
    TRIMTAB_TRY(Tensor out, gatherStrided(data, *shape, 0, steps, width));
    return one(std::move(out));
}

/// Opset 1 took a number of tiles and an axis, each as an input; since opset 6 one count for each axis.
Result<Ints> repeatCounts(const Call& call, int rank) {
    if (opset(call) >= 6) return integers(call, 1);
    TRIMTAB_TRY(const double tiles, number(call, 1));
    if (!call.has(2)) return refuse(call, "the axis input is missing");
    TRIMTAB_TRY(const double axisValue, number(call, 2));
    if (!(axisValue >= -rank && axisValue < rank)) return refuse(call, "the axis lies outside the tensor");
    if (!(tiles >= 0 && tiles < 0x1p40)) return refuse(call, "the number of tiles makes no sense");
    TRIMTAB_TRY(const int at, axis(call, static_cast<std::int64_t>(axisValue), rank));
    Ints counts(static_cast<std::size_t>(rank), 1);
    counts[static_cast<std::size_t>(at)] = static_cast<std::int64_t>(tiles);
    return counts;
}

/// Every axis is split in (repeats, extent); a step of 0 along the repeats makes the copies.
Result<Values> tile(const Call& call) {
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    const int rank = data.shape().rank();
    TRIMTAB_TRY(const Ints counts, repeatCounts(call, rank));
    if (static_cast<int>(counts.size()) != rank) return refuse(call, "there is not one repeat count for each axis");
    const Ints strides = data.shape().strides();
    Ints split, steps, dims;
    for (int d = 0; d < rank; ++d) {
        const std::int64_t count = counts[static_cast<std::size_t>(d)];
        std::int64_t product = 0;
        if (count < 0 || __builtin_mul_overflow(count, data.shape()[d], &product))
            return refuse(call, fmt::format("a repeat count of {} makes no sense", count));
        split.insert(split.end(), {count, data.shape()[d]});
        steps.insert(steps.end(), {0, strides[static_cast<std::size_t>(d)]});
        dims.push_back(product);
    }
    TRIMTAB_TRY(const Tensor out, gatherStrided(data, Shape(std::move(split)), 0, steps, width));
    return one(out.reshaped(Shape(std::move(dims))));
}

}  // namespace

void registerExpand(Registry& registry) {
    registry.add("Expand", 8, {2, 2, 1}, expand);
    registry.add("Tile", 1, {2, 3, 1}, tile);
}

}  // namespace trimtab::ref
