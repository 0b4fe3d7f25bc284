// Slice: attributes before opset 10, inputs since; and ReverseSequence, Compress.
#include <algorithm>

#include <fmt/format.h>

#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"

namespace trimtab::ref {
namespace {

struct Bounds {
    Ints starts, ends, axes, steps;
};

Result<Bounds> readBounds(const Call& call, int rank) {
    Bounds b;
    if (opset(call) < 10) {
        b.starts = call.node.integers("starts");
        b.ends = call.node.integers("ends");
        b.axes = call.node.integers("axes");
    } else {
        if (!call.has(1) || !call.has(2)) return refuse(call, "starts or ends are missing");
        TRIMTAB_TRY(b.starts, integers(call, 1));
        TRIMTAB_TRY(b.ends, integers(call, 2));
        if (call.has(3)) {
            TRIMTAB_TRY(b.axes, integers(call, 3));
        }
        if (call.has(4)) {
            TRIMTAB_TRY(b.steps, integers(call, 4));
        }
    }
    const std::size_t count = b.starts.size();
    const bool allAxes = opset(call) < 10 ? !call.node.has("axes") : !call.has(3);
    if (allAxes)
        for (std::size_t i = 0; i < count; ++i) b.axes.push_back(static_cast<std::int64_t>(i));
    if (b.steps.empty()) b.steps.assign(count, 1);
    if (b.ends.size() != count || b.axes.size() != count || b.steps.size() != count || count > static_cast<std::size_t>(rank))
        return refuse(call, "starts, ends, axes and steps don't have one value for each axis");
    return b;
}

Result<Values> slice(const Call& call) {
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    const Shape& shape = data.shape();
    TRIMTAB_TRY(const Bounds bounds, readBounds(call, shape.rank()));
    TRIMTAB_TRY(const auto chosen, axes(call, bounds.axes, shape.rank()));
    Ints dims = shape.dims(), steps = shape.strides();
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const std::int64_t extentHere = shape[chosen[i]];
        const std::int64_t step = bounds.steps[i];
        if (step == 0) return refuse(call, "a step of 0 makes no sense");
        const auto fromBack = [extentHere](std::int64_t at) {
            return at < 0 ? std::max<std::int64_t>(at, -extentHere - 1) + extentHere : at;
        };
        const std::int64_t last = std::max<std::int64_t>(extentHere - 1, 0);
        const std::int64_t start = std::clamp<std::int64_t>(fromBack(bounds.starts[i]), 0, step > 0 ? extentHere : last);
        const std::int64_t end = std::clamp<std::int64_t>(fromBack(bounds.ends[i]), step > 0 ? 0 : -1, step > 0 ? extentHere : last);
        const std::int64_t span = step > 0 ? end - start : start - end;
        const std::int64_t pace = step > 0 ? step : -std::max<std::int64_t>(step, -(std::int64_t{1} << 62));
        const auto d = static_cast<std::size_t>(chosen[i]);
        dims[d] = span > 0 && extentHere > 0 ? (span - 1) / pace + 1 : 0;
        offset += start * steps[d];
        steps[d] = dims[d] > 1 ? steps[d] * step : 0;
    }
    TRIMTAB_TRY(Tensor out, gatherStrided(data, Shape(std::move(dims)), offset, steps, width));
    return one(std::move(out));
}

Result<Values> reverseSequence(const Call& call) {
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    const Shape& shape = data.shape();
    TRIMTAB_TRY(const Ints lengths, integers(call, 1));
    const std::int64_t batchAxis = call.node.integer("batch_axis", 1), timeAxis = call.node.integer("time_axis", 0);
    if (shape.rank() < 2 || batchAxis + timeAxis != 1 || batchAxis * timeAxis != 0)
        return refuse(call, "batch_axis and time_axis must be 0 and 1");
    const std::int64_t batch = shape[static_cast<int>(batchAxis)], time = shape[static_cast<int>(timeAxis)];
    if (static_cast<std::int64_t>(lengths.size()) != batch) return refuse(call, "there is not one length for each batch entry");
    TRIMTAB_TRY(Tensor out, Tensor::allocate(data.type(), shape));
    if (out.elementCount() == 0) return one(std::move(out));
    const std::int64_t inner = extent(shape, 2, shape.rank());
    for (std::int64_t b = 0; b < batch; ++b) {
        const std::int64_t length = lengths[static_cast<std::size_t>(b)];
        if (length < 0 || length > time) return refuse(call, fmt::format("a length of {} lies outside the time axis", length));
        for (std::int64_t t = 0; t < time; ++t) {
            const std::int64_t from = t < length ? length - 1 - t : t;
            const auto at = [&](std::int64_t when) { return (batchAxis == 0 ? b * time + when : when * batch + b) * inner; };
            copyElements(out, at(t), data, at(from), inner, width);
        }
    }
    return one(std::move(out));
}

Result<Values> compress(const Call& call) {
    const Tensor& mask = call.tensor(1);
    if (mask.type() != DataType::Bool || mask.shape().rank() != 1) return refuse(call, "the condition must be a boolean vector");
    Tensor data = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    if (!call.node.has("axis")) data = data.reshaped(Shape{data.elementCount()});
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", 0, data.shape().rank()));
    const Shape& shape = data.shape();
    Ints kept;
    for (std::int64_t i = 0; i < std::min(mask.elementCount(), shape[at]); ++i)
        if (mask.data<std::uint8_t>()[static_cast<std::size_t>(i)] != 0) kept.push_back(i);
    const auto count = static_cast<std::int64_t>(kept.size());
    TRIMTAB_TRY(Tensor out, Tensor::allocate(data.type(), spliced(shape, at, at + 1, {count})));
    if (out.elementCount() == 0) return one(std::move(out));
    const std::int64_t outer = extent(shape, 0, at), inner = extent(shape, at + 1, shape.rank());
    for (std::int64_t o = 0; o < outer; ++o)
        for (std::int64_t i = 0; i < count; ++i)
            copyElements(out, (o * count + i) * inner, data, (o * shape[at] + kept[static_cast<std::size_t>(i)]) * inner, inner, width);
    return one(std::move(out));
}

}  // namespace

void registerSlice(Registry& registry) {
    registry.add("Slice", 1, {1, 5, 1}, slice);
    registry.add("ReverseSequence", 10, {2, 2, 1}, reverseSequence);
    registry.add("Compress", 9, {2, 2, 1}, compress);
}

}  // namespace trimtab::ref
