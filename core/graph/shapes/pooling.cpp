// Pools over windows, over whole planes and over regions.
#include "core/graph/shapes/window.h"

namespace trimtab::graph::shapes {

namespace {

Status pool(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    context.set(1, DataType::Int64);
    const std::vector<std::int64_t> kernel = context.node.integers("kernel_shape");
    if (kernel.empty()) return context.refuse("kernel_shape is missing");
    TRIMTAB_TRY(const Window window, readWindow(context, kernel));
    if (!x) return {};
    if (x->size() != kernel.size() + 2) {
        return context.refuse("kernel_shape has " + std::to_string(kernel.size()) + " entries for an input " + text(*x));
    }
    const bool ceilMode = context.node.integer("ceil_mode", 0) != 0;
    Dims out = *x;
    for (std::size_t i = 0; i < kernel.size(); ++i) {
        TRIMTAB_TRY(out[i + 2], slide(context, window, i, (*x)[i + 2], ceilMode));
    }
    context.set(0, context.type(0), out);
    context.set(1, DataType::Int64, out);
    return {};
}

Status globalPool(Context& context) {
    std::optional<Dims> out = context.dims(0);
    if (out && out->size() < 2) return context.refuse("the input " + text(*out) + " has no channel axis");
    for (std::size_t i = 2; out && i < out->size(); ++i) (*out)[i] = Extent::known(1);
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status maxUnpool(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (const auto wanted = context.integers(2)) {
        context.set(0, context.type(0), toExtents(Shape(*wanted)));
        return {};
    }
    const std::vector<std::int64_t> kernel = context.node.integers("kernel_shape");
    if (!x || context.has(2)) return {};
    if (x->size() != kernel.size() + 2) return context.refuse("kernel_shape does not fit the input " + text(*x));
    TRIMTAB_TRY(const Window window, readWindow(context, kernel));
    Dims out = *x;
    for (std::size_t i = 0; i < kernel.size(); ++i) {
        const std::int64_t rim = window.kernel[i] - window.pads[i] - window.pads[i + kernel.size()];
        out[i + 2] = Extent::known(window.strides[i]) * ((*x)[i + 2] - Extent::known(1)) + Extent::known(rim);
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

/// One row of [channels, height, width] for each region in input 1.
Status regionPool(Context& context) {
    context.set(0, context.type(0));
    if (!context.dims(0) || !context.dims(1)) return {};
    if (context.dims(0)->size() != 4 || context.dims(1)->empty()) return context.refuse("regions are pooled from an input of rank 4");
    std::vector<std::int64_t> window = context.node.integers("pooled_shape");
    if (window.empty()) window = {context.node.integer("output_height", 1), context.node.integer("output_width", 1)};
    if (window.size() != 2) return context.refuse("pooled_shape needs two entries");
    context.set(0, context.type(0), Dims{(*context.dims(1))[0], (*context.dims(0))[1], Extent::known(window[0]), Extent::known(window[1])});
    return {};
}

constexpr RuleEntry kRules[] = {
    {"AveragePool", pool}, {"MaxPool", pool}, {"LpPool", pool},
    {"GlobalAveragePool", globalPool}, {"GlobalMaxPool", globalPool}, {"GlobalLpPool", globalPool},
    {"MaxUnpool", maxUnpool}, {"MaxRoiPool", regionPool}, {"RoiAlign", regionPool},
};

}  // namespace

std::span<const RuleEntry> poolingRules() { return kRules; }

}  // namespace trimtab::graph::shapes
