// Resize and its forerunner Upsample: extents are floor(in · scale), or given as sizes.
#include <algorithm>
#include <cmath>

#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

Result<Extent> scaled(const Context& context, const Extent& in, double scale) {
    if (!(scale > 0) || scale > 1e15) return context.refuse("a scale is not a positive number in range");
    if (scale == std::floor(scale)) return in * Extent::known(static_cast<std::int64_t>(scale));
    if (!in.isKnown()) return Extent::unknown();
    const double out = std::floor(static_cast<double>(in.value()) * scale);
    if (!(out < 4.0e18)) return context.refuse("the resized extent is too large");
    return Extent::known(static_cast<std::int64_t>(out));
}

/// nullopt: an input that is given, but not known.
std::optional<std::vector<double>> reals(const Context& context, std::size_t input) {
    const Content* content = context.content(input);
    if (content == nullptr) return std::nullopt;
    if (content->isReal()) return content->reals;
    std::vector<double> values;
    for (const Extent& item : content->items) {
        if (!item.isKnown()) return std::nullopt;
        values.push_back(static_cast<double>(item.value()));
    }
    return values;
}

Result<Dims> byScales(const Context& context, const Dims& x, const std::vector<double>& scales, const std::vector<std::size_t>& axes) {
    if (scales.size() != axes.size()) {
        return context.refuse("there are " + std::to_string(scales.size()) + " scales for " + std::to_string(axes.size()) + " axes");
    }
    Dims out = x;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        TRIMTAB_TRY(out[axes[i]], scaled(context, x[axes[i]], scales[i]));
    }
    return out;
}

/// The policies of opset 18: one scale for all axes, so that the result fits inside (not_larger) or covers (not_smaller) the sizes.
Result<Dims> bySizes(const Context& context, const Dims& x, const std::vector<Extent>& sizes, const std::vector<std::size_t>& axes) {
    if (sizes.size() != axes.size()) {
        return context.refuse("there are " + std::to_string(sizes.size()) + " sizes for " + std::to_string(axes.size()) + " axes");
    }
    Dims out = x;
    const std::string policy = context.node.string("keep_aspect_ratio_policy", "stretch");
    double scale = 0;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        out[axes[i]] = sizes[i];
        if (policy == "stretch") continue;
        if (!sizes[i].isKnown() || !x[axes[i]].isKnown() || x[axes[i]].value() == 0) return Dims(x.size());
        const double ratio = static_cast<double>(sizes[i].value()) / static_cast<double>(x[axes[i]].value());
        scale = i == 0 ? ratio : (policy == "not_larger" ? std::min(scale, ratio) : std::max(scale, ratio));
    }
    if (policy == "stretch") return out;
    for (const std::size_t axis : axes) {
        const double extent = std::round(static_cast<double>(x[axis].value()) * scale);
        if (!(extent >= 0 && extent < 4.0e18)) return context.refuse("the resized extent is out of range");
        out[axis] = Extent::known(static_cast<std::int64_t>(extent));
    }
    return out;
}

Status resize(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!x) return {};
    std::vector<std::size_t> axes;
    for (const std::int64_t one : context.node.integers("axes")) {
        TRIMTAB_TRY(const std::size_t axis, context.axis(one, x->size()));
        axes.push_back(axis);
    }
    if (axes.empty()) {
        for (std::size_t i = 0; i < x->size(); ++i) axes.push_back(i);
    }
    const std::size_t scalesInput = context.version < 11 ? 1 : 2;
    const Content* sizes = context.content(3);
    if (context.version >= 11 && context.has(3) && (sizes == nullptr || sizes->size() != 0)) {
        context.set(0, context.type(0), Dims(x->size()));
        if (sizes == nullptr || sizes->isReal()) return {};
        TRIMTAB_TRY(Dims out, bySizes(context, *x, sizes->items, axes));
        context.set(0, context.type(0), std::move(out));
        return {};
    }
    const auto scales = reals(context, scalesInput);
    if (!scales) {
        context.set(0, context.type(0), Dims(x->size()));
        return {};
    }
    TRIMTAB_TRY(Dims out, byScales(context, *x, *scales, axes));
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status upsample(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!x) return {};
    std::vector<std::size_t> axes;
    for (std::size_t i = 0; i < x->size(); ++i) axes.push_back(i);
    std::optional<std::vector<double>> scales;
    if (context.node.has("scales")) {
        const auto given = context.node.numbers("scales");
        scales = std::vector<double>(given.begin(), given.end());
    } else if (context.node.has("height_scale") && x->size() == 4) {
        scales = {1.0, 1.0, static_cast<double>(context.node.number("height_scale", 1)),
                  static_cast<double>(context.node.number("width_scale", 1))};
    } else {
        scales = reals(context, 1);
    }
    if (!scales) {
        context.set(0, context.type(0), Dims(x->size()));
        return {};
    }
    TRIMTAB_TRY(Dims out, byScales(context, *x, *scales, axes));
    context.set(0, context.type(0), std::move(out));
    return {};
}

/// Theta [N, 2, 3] with size [N, C, H, W] gives [N, H, W, 2] (one axis more in 3-D).
Status affineGrid(Context& context) {
    context.set(0, context.type(0));
    const auto size = context.integers(1);
    if (!size) return {};
    if (size->size() != 4 && size->size() != 5) return context.refuse("size needs 4 or 5 entries");
    Dims out{Extent::known(size->front())};
    for (std::size_t i = 2; i < size->size(); ++i) out.push_back(Extent::known((*size)[i]));
    out.push_back(Extent::known(static_cast<std::int64_t>(size->size()) - 2));
    context.set(0, context.type(0), std::move(out));
    return {};
}

/// X [N, C, H, W], grid [N, H', W', 2]
Status gridSample(Context& context) {
    const auto& x = context.dims(0);
    const auto& grid = context.dims(1);
    context.set(0, context.type(0));
    if (!x || !grid) return {};
    if (x->size() < 3 || grid->size() != x->size()) return context.refuse("input and grid need the same rank, at least 3");
    Dims out{(*x)[0], (*x)[1]};
    out.insert(out.end(), grid->begin() + 1, grid->end() - 1);
    context.set(0, context.type(0), std::move(out));
    return {};
}

constexpr RuleEntry kRules[] = {{"Resize", resize}, {"Upsample", upsample}, {"AffineGrid", affineGrid}, {"GridSample", gridSample}};

}  // namespace

std::span<const RuleEntry> resizeRules() { return kRules; }

}  // namespace trimtab::graph::shapes
