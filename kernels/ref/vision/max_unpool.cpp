// MaxUnpool: each value of X goes to the place that its index names, the rest is 0. Indices count through the whole tensor that was pooled,
// as MaxPool states them: through output_shape where that is given, else through the shape that kernel_shape, strides and pads imply.
// ONNX's recorded example with output_shape counts through the implied shape and places that at the begin of the output. Both readings are
// told apart by MaxPool's own rule, that a value comes from its window: the second holds where only under it every index lies in its
// window.
#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

constexpr std::int64_t kLargestExtent = std::int64_t{1} << 40;

struct Plan {
    Ints kernel, strides, pads;
    Shape implied, out;
};

Result<Plan> makePlan(const Call& call) {
    const Shape& x = call.tensor(0).shape();
    if (x.rank() < 3) return refuse(call, "the input must have batch, channels and spatial axes, not the shape " + x.text());
    if (call.tensor(1).type() != DataType::Int64 || call.tensor(1).shape() != x)
        return refuse(call, "there must be one int64 index for each element");
    if (!call.node.has("kernel_shape")) return refuse(call, "attribute kernel_shape is missing");
    const auto spatial = static_cast<std::size_t>(x.rank() - 2);
    Plan plan;
    TRIMTAB_TRY(plan.kernel, window(call, "kernel_shape", spatial, 1, 1));
    TRIMTAB_TRY(plan.strides, window(call, "strides", spatial, 1, 1));
    TRIMTAB_TRY(plan.pads, window(call, "pads", 2 * spatial, 0, 0));
    Ints dims{x[0], x[1]};
    for (std::size_t d = 0; d < spatial; ++d) {
        const std::int64_t in = x[static_cast<int>(d) + 2];
        if (in > kLargestExtent / plan.strides[d]) return refuse(call, "the output is too large");
        dims.push_back((in - 1) * plan.strides[d] + plan.kernel[d] - plan.pads[d] - plan.pads[d + spatial]);
    }
    plan.implied = plan.out = Shape(dims);
    if (call.has(2)) {
        TRIMTAB_TRY(const Ints wanted, integers(call, 2));
        if (static_cast<int>(wanted.size()) != x.rank()) return refuse(call, "output_shape does not have one extent for each axis");
        plan.out = Shape(wanted);
    }
    for (const std::int64_t dim : plan.out)
        if (dim < 0) return refuse(call, "nothing is left of the output " + plan.out.text());
    return plan;
}

/// Whether every index, read through `shape`, lies in its own plane and window.
bool liesInWindows(const Plan& plan, const Shape& x, const Ints& indices, const Shape& shape) {
    const Ints extents(x.begin(), x.end());
    Ints at(extents.size(), 0);
    for (std::size_t i = 0; i < indices.size(); ++i, advance(at, extents)) {
        std::int64_t rest = indices[i];
        for (int d = shape.rank(); d-- > 0;) {
            if (shape[d] < 1) return false;
            const std::int64_t position = d == 0 ? rest : rest % shape[d];
            rest /= shape[d];
            const auto place = static_cast<std::size_t>(d);
            const std::int64_t start = d < 2 ? at[place] : at[place] * plan.strides[place - 2] - plan.pads[place - 2];
            const std::int64_t length = d < 2 ? 1 : plan.kernel[place - 2];
            if (position < start || position >= start + length) return false;
        }
    }
    return true;
}

/// Element `index` of `from` as an element of `to`; nullopt outside of it.
std::optional<std::int64_t> moved(std::int64_t index, const Shape& from, const Shape& to) {
    std::int64_t result = 0, step = 1;
    for (int d = from.rank(); d-- > 0; index /= from[d]) {
        const std::int64_t position = d == 0 ? index : index % from[d];
        if (position >= to[d]) return std::nullopt;
        result += position * step;
        step *= to[d];
    }
    return result;
}

Result<Values> maxUnpool(const Call& call) {
    const Tensor& x = call.tensor(0);
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, x));
    TRIMTAB_TRY(const Plan plan, makePlan(call));
    TRIMTAB_TRY(Tensor y, Tensor::zeros(x.type(), plan.out));
    const Ints indices = tensor::toInt64s(call.tensor(1));
    const bool asExample = plan.implied != plan.out && !liesInWindows(plan, x.shape(), indices, plan.out) &&
                           liesInWindows(plan, x.shape(), indices, plan.implied);
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const std::int64_t index = indices[i];
        std::optional<std::int64_t> place;
        if (asExample) place = moved(index, plan.implied, plan.out);
        else if (index >= 0 && index < y.elementCount()) place = index;
        if (!place) return refuse(call, fmt::format("index {} lies outside the output {}", index, plan.out.text()));
        copyElements(y, *place, x, static_cast<std::int64_t>(i), 1, width);
    }
    return one(std::move(y));
}

}  // namespace

void registerMaxUnpool(Registry& registry) { registry.add("MaxUnpool", 9, {2, 3, 1}, maxUnpool); }

}  // namespace trimtab::ref
