// Concat and Split.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "kernels/ref/families.h"
#include "kernels/ref/joining.h"

namespace trimtab::ref {
namespace {

Result<Values> concat(const Call& call) {
    std::vector<Tensor> parts;
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
        if (!call.has(i)) return refuse(call, "an input in the middle is left out");
        parts.push_back(call.tensor(i));
    }
    if (opset(call) >= 4 && !call.node.has("axis")) return refuse(call, "attribute axis is missing");
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", 1, parts[0].shape().rank()));
    TRIMTAB_TRY(Tensor out, joined(call, parts, at));
    return one(std::move(out));
}

Result<Values> split(const Call& call) {
    const Tensor& data = call.tensor(0);
    TRIMTAB_TRY(const int at, axisAttribute(call, "axis", 0, data.shape().rank()));
    TRIMTAB_TRY(auto extents, integersOrAttribute(call, 1, "split"));
    const auto outputs = static_cast<std::int64_t>(call.node.outputs.size());
    if (call.node.has("num_outputs")) {
        if (extents) return refuse(call, "both num_outputs and the extents of the parts are given");
        if (call.node.integer("num_outputs", 0) != outputs) return refuse(call, "attribute num_outputs is not the number of outputs");
    }
    if (!extents) {
        TRIMTAB_TRY(extents, evenExtents(call, data.shape()[at], outputs));
        if (!call.node.has("num_outputs") && extents->back() != extents->front())
            return refuse(call, fmt::format("{} don't split into {} equal parts", data.shape()[at], outputs));
    }
    TRIMTAB_TRY(std::vector<Tensor> parts, cut(call, data, at, *extents));
    if (parts.size() < call.node.outputs.size()) return refuse(call, "more outputs than parts");
    return Values(std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
}

}  // namespace

Result<Tensor> joined(const Call& call, const std::vector<Tensor>& parts, int axis) {
    if (parts.empty()) return refuse(call, "there is nothing to join");
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, parts[0]));
    Shape shape = parts[0].shape();
    for (std::size_t i = 1; i < parts.size(); ++i) {
        TRIMTAB_REQUIRE(sameType(call, parts[0], parts[i]));
        bool agrees = parts[i].shape().rank() == shape.rank();
        for (int d = 0; agrees && d < shape.rank(); ++d) agrees = d == axis || parts[i].shape()[d] == shape[d];
        if (!agrees || __builtin_add_overflow(shape[axis], parts[i].shape()[axis], &shape[axis]))
            return refuse(call,
                          fmt::format("shapes {} and {} don't join along axis {}", parts[0].shape().text(), parts[i].shape().text(), axis));
    }
    TRIMTAB_TRY(Tensor out, Tensor::allocate(parts[0].type(), shape));
    if (out.elementCount() == 0) return out;
    const std::int64_t outer = extent(shape, 0, axis), inner = extent(shape, axis + 1, shape.rank());
    std::int64_t at = 0;
    for (const Tensor& part : parts) {
        const std::int64_t run = part.shape()[axis] * inner;
        for (std::int64_t o = 0; o < outer; ++o) copyElements(out, o * shape[axis] * inner + at, part, o * run, run, width);
        at += run;
    }
    return out;
}

Result<std::vector<Tensor>> cut(const Call& call, const Tensor& data, int axis, const Ints& extents) {
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, data));
    const Shape& shape = data.shape();
    std::int64_t sum = 0;
    for (const std::int64_t e : extents)
        if (e < 0 || __builtin_add_overflow(sum, e, &sum)) return refuse(call, "a part has a negative or too large extent");
    if (sum != shape[axis]) return refuse(call, fmt::format("the parts sum to {}, the axis has {}", sum, shape[axis]));
    const std::int64_t outer = extent(shape, 0, axis), inner = extent(shape, axis + 1, shape.rank());
    std::vector<Tensor> parts;
    std::int64_t at = 0;
    for (const std::int64_t e : extents) {
        TRIMTAB_TRY(Tensor part, Tensor::allocate(data.type(), spliced(shape, axis, axis + 1, {e})));
        if (part.elementCount() > 0)
            for (std::int64_t o = 0; o < outer; ++o)
                copyElements(part, o * e * inner, data, (o * shape[axis] + at) * inner, e * inner, width);
        parts.push_back(std::move(part));
        at += e;
    }
    return parts;
}

Result<Ints> evenExtents(const Call& call, std::int64_t extentOfAxis, std::int64_t count) {
    if (count < 1 || count > (1 << 20)) return refuse(call, fmt::format("a split into {} parts makes no sense", count));
    const std::int64_t each = (extentOfAxis + count - 1) / count;
    Ints extents(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i)
        extents[static_cast<std::size_t>(i)] = std::clamp<std::int64_t>(extentOfAxis - i * each, 0, each);
    return extents;
}

void registerConcat(Registry& registry) {
    registry.add("Concat", 1, {1, kAny, 1}, concat);
    registry.add("Split", 1, {1, 2, kAny}, split);
}

}  // namespace trimtab::ref
