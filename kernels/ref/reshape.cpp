// Operators that keep the bytes and change the shape, or tell it: Reshape, Flatten, Squeeze, Unsqueeze, Identity, Shape, Size.
#include <algorithm>

#include <fmt/format.h>

#include "kernels/ref/arguments.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

/// 0 keeps the input's extent (unless allowzero), one −1 takes what is left.
Result<Shape> reshapedShape(const Call& call, const Tensor& data, Ints wanted) {
    const bool keepsZero = call.node.integer("allowzero", 0) != 0;
    std::optional<std::size_t> open;
    std::int64_t known = 1;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i] == 0 && !keepsZero) {
            if (i >= static_cast<std::size_t>(data.shape().rank()))
                return refuse(call, "a 0 in the shape stands where the input has no axis");
            wanted[i] = data.shape()[static_cast<int>(i)];
        }
        if (wanted[i] < -1 || (wanted[i] == -1 && open))
            return refuse(call, fmt::format("the shape {} makes no sense", Shape(wanted).text()));
        if (wanted[i] == -1) open = i;
        else if (__builtin_mul_overflow(known, wanted[i], &known)) return refuse(call, "the shape is too large");
    }
    if (open) {
        if (known == 0 || data.elementCount() % known != 0)
            return refuse(call, fmt::format("{} elements can't take the shape {}", data.elementCount(), Shape(wanted).text()));
        wanted[*open] = data.elementCount() / known;
    }
    Shape shape(std::move(wanted));
    if (shape.checkedElementCount() != data.elementCount())
        return refuse(call, fmt::format("{} elements can't take the shape {}", data.elementCount(), shape.text()));
    return shape;
}

Result<Values> reshape(const Call& call) {
    Ints wanted;
    if (opset(call) < 5) {
        wanted = call.node.integers("shape");
    } else if (call.has(1)) {
        TRIMTAB_TRY(wanted, integers(call, 1));
    } else {
        return refuse(call, "the shape input is missing");
    }
    TRIMTAB_TRY(const Shape shape, reshapedShape(call, call.tensor(0), std::move(wanted)));
    return one(call.tensor(0).reshaped(shape));
}

Result<Values> flatten(const Call& call) {
    const Shape& shape = call.tensor(0).shape();
    const int rank = shape.rank();
    const std::int64_t given = call.node.integer("axis", 1);
    if (given < -rank || given > rank) return refuse(call, fmt::format("axis {} lies outside a tensor of rank {}", given, rank));
    const int at = static_cast<int>(given < 0 ? given + rank : given);
    return one(call.tensor(0).reshaped(Shape{extent(shape, 0, at), extent(shape, at, rank)}));
}

Result<Values> squeeze(const Call& call) {
    const Shape& shape = call.tensor(0).shape();
    TRIMTAB_TRY(const auto named, integersOrAttribute(call, 1, "axes"));
    std::vector<bool> dropped(static_cast<std::size_t>(shape.rank()), false);
    if (named) {
        TRIMTAB_TRY(const auto chosen, axes(call, *named, shape.rank()));
        for (const int d : chosen) {
            if (shape[d] != 1) return refuse(call, fmt::format("axis {} of {} is not of extent 1", d, shape.text()));
            dropped[static_cast<std::size_t>(d)] = true;
        }
    } else {
        for (int d = 0; d < shape.rank(); ++d) dropped[static_cast<std::size_t>(d)] = shape[d] == 1;
    }
    Ints dims;
    for (int d = 0; d < shape.rank(); ++d)
        if (!dropped[static_cast<std::size_t>(d)]) dims.push_back(shape[d]);
    return one(call.tensor(0).reshaped(Shape(std::move(dims))));
}

Result<Values> unsqueeze(const Call& call) {
    const Shape& shape = call.tensor(0).shape();
    TRIMTAB_TRY(const auto named, integersOrAttribute(call, 1, "axes"));
    if (!named) return refuse(call, "axes are missing");
    if (named->size() > 1024) return refuse(call, "too many axes");
    const int rank = shape.rank() + static_cast<int>(named->size());
    TRIMTAB_TRY(const auto chosen, axes(call, *named, rank));
    Ints dims;
    auto next = shape.begin();
    for (int d = 0; d < rank; ++d) dims.push_back(std::find(chosen.begin(), chosen.end(), d) != chosen.end() ? 1 : *next++);
    return one(call.tensor(0).reshaped(Shape(std::move(dims))));
}

Result<Values> identity(const Call& call) { return Values{call.inputs[0]}; }

/// Opset 15: `start` and `end` choose a part, negative ones from the back, both clamped.
Result<Values> shapeOf(const Call& call) {
    const Shape& shape = call.tensor(0).shape();
    const std::int64_t rank = shape.rank();
    const auto clamped = [rank](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank); };
    const std::int64_t start = clamped(call.node.integer("start", 0));
    const std::int64_t end = clamped(call.node.integer("end", rank));
    const Ints dims = start < end ? Ints(shape.begin() + start, shape.begin() + end) : Ints();
    return one(Tensor::fromInt64s(Shape{static_cast<std::int64_t>(dims.size())}, dims));
}

Result<Values> size(const Call& call) { return one(Tensor::fromInt64s(Shape{}, {call.tensor(0).elementCount()})); }

}  // namespace

void registerReshape(Registry& registry) {
    registry.add("Reshape", 1, {1, 2, 1}, reshape);
    registry.add("Flatten", 1, {1, 1, 1}, flatten);
    registry.add("Squeeze", 1, {1, 2, 1}, squeeze);
    registry.add("Unsqueeze", 1, {1, 2, 1}, unsqueeze);
    registry.addSequence("Identity", 1, {1, 1, 1}, identity);
    registry.add("Shape", 1, {1, 1, 1}, shapeOf);
    registry.add("Size", 1, {1, 1, 1}, size);
}

}  // namespace trimtab::ref
