// Conv and its relatives: X [N, C, spatial…], W [M, C/group, kernel…] (ConvTranspose: [C, M/group, kernel…]).
#include <algorithm>

#include "core/graph/shapes/window.h"

namespace trimtab::graph::shapes {

namespace {

Result<Extent> checkedGroup(const Context& context) {
    const std::int64_t group = context.node.integer("group", 1);
    if (group < 1) return context.refuse("group is " + std::to_string(group) + "; it must be at least 1");
    return Extent::known(group);
}

/// Dims of a convolution of inputs 0 and `weightInput`.
Result<std::optional<Dims>> convolved(const Context& context, std::size_t weightInput) {
    const auto& x = context.dims(0);
    const auto& w = context.dims(weightInput);
    if (!x) return std::optional<Dims>();
    if (x->size() < 3) return context.refuse("the input " + text(*x) + " has no spatial axis");
    const std::size_t spatial = x->size() - 2;
    TRIMTAB_TRY(const auto kernel, kernelOf(context, spatial, w));
    TRIMTAB_TRY(const Extent group, checkedGroup(context));
    Dims out(x->size());
    out[0] = (*x)[0];
    if (w) {
        out[1] = (*w)[0];
        TRIMTAB_REQUIRE(agree(context, (*x)[1], (*w)[1] * group, "channels of input " + text(*x) + " and weight " + text(*w)));
        if ((*w)[0].isKnown() && (*w)[0].value() % group.value() != 0) return context.refuse("output channels are not a multiple of group");
    }
    if (!kernel) return std::optional<Dims>(std::move(out));
    TRIMTAB_TRY(const Window window, readWindow(context, *kernel));
    for (std::size_t i = 0; i < spatial; ++i) {
        TRIMTAB_TRY(out[i + 2], slide(context, window, i, (*x)[i + 2], false));
    }
    return std::optional<Dims>(std::move(out));
}

Status conv(Context& context) {
    TRIMTAB_TRY(auto dims, convolved(context, 1));
    context.set(0, context.type(0), std::move(dims));
    return {};
}

/// As Conv; input 3 (residual) has the shape of the result.
Status fusedConv(Context& context) {
    TRIMTAB_TRY(auto dims, convolved(context, 1));
    if (dims && context.dims(3)) {
        if (dims->size() != context.dims(3)->size()) return context.refuse("the residual's rank differs from the result's");
        for (std::size_t i = 0; i < dims->size(); ++i) {
            TRIMTAB_TRY((*dims)[i], agree(context, (*dims)[i], (*context.dims(3))[i], "residual"));
        }
    }
    context.set(0, context.type(0), std::move(dims));
    return {};
}

Status convInteger(Context& context) {
    TRIMTAB_TRY(auto dims, convolved(context, 1));
    context.set(0, DataType::Int32, std::move(dims));
    return {};
}

/// x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, B
Status qlinearConv(Context& context) {
    TRIMTAB_TRY(auto dims, convolved(context, 3));
    context.set(0, context.type(7) != DataType::Undefined ? context.type(7) : context.type(0), std::move(dims));
    return {};
}

Result<Dims> transposedSpatial(const Context& context, const Window& window, const Dims& x) {
    const std::size_t spatial = window.kernel.size();
    std::vector<std::int64_t> extra = context.node.integers("output_padding");
    if (extra.empty()) extra.assign(spatial, 0);
    const std::vector<std::int64_t> wanted = context.node.integers("output_shape");
    if (extra.size() != spatial || (!wanted.empty() && wanted.size() != spatial)) {
        return context.refuse("output_padding and output_shape need one entry for each spatial axis");
    }
    Dims out;
    for (std::size_t i = 0; i < spatial; ++i) {
        const Extent stride = Extent::known(window.strides[i]);
        if (extra[i] < 0) return context.refuse("output_padding is negative");
        if (!wanted.empty()) {
            out.push_back(Extent::known(wanted[i]));
        } else if (window.autoPad.starts_with("SAME")) {
            out.push_back(x[i + 2] * stride);
        } else {
            const std::int64_t pads = window.autoPad == "NOTSET" ? window.pads[i] + window.pads[i + spatial] : 0;
            const std::int64_t reach = window.dilations[i] * (window.kernel[i] - 1) + 1;
            out.push_back(stride * (x[i + 2] - Extent::known(1)) + Extent::known(extra[i]) + Extent::known(reach - pads));
        }
    }
    return out;
}

Status convTranspose(Context& context) {
    const auto& x = context.dims(0);
    const auto& w = context.dims(1);
    context.set(0, context.type(0));
    if (!x) return {};
    if (x->size() < 3) return context.refuse("the input " + text(*x) + " has no spatial axis");
    TRIMTAB_TRY(const auto kernel, kernelOf(context, x->size() - 2, w));
    TRIMTAB_TRY(const Extent group, checkedGroup(context));
    Dims out(x->size());
    out[0] = (*x)[0];
    if (w) {
        TRIMTAB_REQUIRE(agree(context, (*x)[1], (*w)[0], "channels of input " + text(*x) + " and weight " + text(*w)));
        out[1] = (*w)[1] * group;
    }
    if (kernel) {
        TRIMTAB_TRY(const Window window, readWindow(context, *kernel));
        TRIMTAB_TRY(const Dims spatial, transposedSpatial(context, window, *x));
        std::copy(spatial.begin(), spatial.end(), out.begin() + 2);
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status quantizedConv(Context& context) {
    TRIMTAB_REQUIRE(fusedConv(context));
    context.outputs[0].type = codesAsked(context);
    return {};
}

constexpr RuleEntry kRules[] = {
    {"Conv", conv},
    {"ConvInteger", convInteger},
    {"QLinearConv", qlinearConv},
    {"ConvTranspose", convTranspose},
    {"FusedConv", fusedConv, "trimtab"},
    {"QuantizedConv", quantizedConv, "trimtab"},
    {"FusedConv", fusedConv, "com.microsoft"},
};

}  // namespace

std::span<const RuleEntry> convolutionRules() { return kRules; }

}  // namespace trimtab::graph::shapes
