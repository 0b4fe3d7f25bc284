// Concat, Split, Slice, Pad: parts of tensors put together and taken apart.
#include <algorithm>
#include <limits>

#include "core/graph/shapes/slicing.h"

namespace trimtab::graph::shapes {

namespace {

constexpr std::int64_t kOpenEnd = std::numeric_limits<std::int32_t>::max();  // exporters write at least this for "to the end"

Status concat(Context& context) {
    if (context.inputCount() == 0) return context.refuse("at least one input is needed");
    context.set(0, context.type(0));
    std::optional<Dims> out;
    bool complete = true;
    std::size_t axis = 0;
    Extent total = Extent::known(0);
    for (std::size_t i = 0; i < context.inputCount(); ++i) {
        const auto& x = context.dims(i);
        if (!x) {
            complete = false;
            continue;
        }
        if (!out) {
            out = *x;
            TRIMTAB_TRY(axis, context.axis(context.node.integer("axis", context.version < 4 ? 1 : 0), x->size()));
        }
        if (x->size() != out->size()) return context.refuse(text(*out) + " and " + text(*x) + " have different ranks");
        for (std::size_t d = 0; d < x->size(); ++d) {
            if (d == axis) continue;
            TRIMTAB_TRY((*out)[d], agree(context, (*out)[d], (*x)[d], "dims beside the axis of concatenation"));
        }
        total = total + (*x)[axis];
    }
    if (out) (*out)[axis] = complete ? total : Extent::unknown();
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status split(Context& context) {
    const auto& x = context.dims(0);
    const std::size_t parts = context.node.outputs.size();
    for (std::size_t i = 0; i < parts; ++i) context.set(i, context.type(0));
    if (!x) return {};
    TRIMTAB_TRY(const std::size_t axis, context.axis(context.node.integer("axis", 0), x->size()));
    const Context::List sizes = context.list("split", 1);
    const Extent count = Extent::known(static_cast<std::int64_t>(parts));
    Dims extents(parts);
    if (sizes.given && sizes.values) {
        if (sizes.values->size() != parts)
            return context.refuse("there are " + std::to_string(sizes.values->size()) + " sizes for " + count.text() + " outputs");
        for (std::size_t i = 0; i < parts; ++i) extents[i] = Extent::known((*sizes.values)[i]);
        const bool negative = std::any_of(sizes.values->begin(), sizes.values->end(), [](std::int64_t size) { return size < 0; });
        Extent sum = Extent::known(0);
        for (const Extent& extent : extents) sum = sum + extent;
        if (negative || ((*x)[axis].isKnown() && !(*x)[axis].same(sum))) {
            return context.refuse("the sizes of the parts do not add up to " + (*x)[axis].text());
        }
    } else if (!sizes.given && parts > 0) {
        const Extent part = ceilDivide((*x)[axis], count);
        std::fill(extents.begin(), extents.end(), part);
        const bool even = (*x)[axis].isKnown() && (*x)[axis].value() % count.value() == 0;
        if ((*x)[axis].isKnown() && !even) {
            if (!context.node.has("num_outputs"))
                return context.refuse((*x)[axis].text() + " cannot be split into " + count.text() + " equal parts");
            extents.back() = maximum((*x)[axis] - part * Extent::known(count.value() - 1), Extent::known(0));
        }
    }
    for (std::size_t i = 0; i < parts; ++i) {
        Dims out = *x;
        out[axis] = extents[i];
        context.set(i, context.type(0), std::move(out));
    }
    return {};
}

Status slice(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!x) return {};
    TRIMTAB_TRY(const auto spec, readSlice(context));
    if (!spec) {
        context.set(0, context.type(0), Dims(x->size()));
        return {};
    }
    TRIMTAB_REQUIRE(context.axes(spec->axes, x->size()));
    Dims out = *x;
    for (std::size_t i = 0; i < spec->axes.size(); ++i) {
        TRIMTAB_TRY(const std::size_t axis, context.axis(spec->axes[i], x->size()));
        out[axis] = sliceExtent((*x)[axis], spec->starts[i], spec->ends[i], spec->steps[i]);
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status pad(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!x) return {};
    const Context::List early = context.list("paddings", 1);
    const Context::List list = context.node.has("pads") ? context.list("pads", 1) : early;
    Dims out(x->size());
    if (!list.given) return context.refuse("pads are missing");
    std::vector<std::size_t> axes;
    if (context.has(3)) {
        const auto given = context.integers(3);
        if (given) {
            for (const std::int64_t one : *given) {
                TRIMTAB_TRY(const std::size_t axis, context.axis(one, x->size()));
                axes.push_back(axis);
            }
        }
    } else {
        for (std::size_t i = 0; i < x->size(); ++i) axes.push_back(i);
    }
    if (list.values && (!context.has(3) || context.integers(3))) {
        if (list.values->size() != 2 * axes.size()) {
            return context.refuse("pads has " + std::to_string(list.values->size()) + " entries where " + std::to_string(2 * axes.size()) +
                                  " are needed");
        }
        out = *x;
        for (std::size_t i = 0; i < axes.size(); ++i) {
            out[axes[i]] = (*x)[axes[i]] + Extent::known((*list.values)[i]) + Extent::known((*list.values)[i + axes.size()]);
        }
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

constexpr RuleEntry kRules[] = {{"Concat", concat}, {"Split", split}, {"Slice", slice}, {"Pad", pad}};

}  // namespace

std::span<const RuleEntry> joiningRules() { return kRules; }

Result<std::optional<SliceSpec>> readSlice(const Context& context) {
    SliceSpec spec;
    const auto bounds = [&](const char* attribute, std::size_t input, std::vector<Extent>& into) {
        if (context.node.has(attribute)) {
            for (const std::int64_t value : context.node.integers(attribute)) into.push_back(Extent::known(value));
            return true;
        }
        const Content* content = context.content(input);
        if (content != nullptr && !content->isReal()) {
            into = content->items;
            return true;
        }
        if (!context.rank(input) || *context.rank(input) != 1 || !context.dims(input)->front().isKnown()) return false;
        if (context.dims(input)->front().value() > 64) return false;
        into.resize(static_cast<std::size_t>(context.dims(input)->front().value()));
        return true;
    };
    if (!bounds("starts", 1, spec.starts) || !bounds("ends", 2, spec.ends)) return std::optional<SliceSpec>();
    if (spec.starts.size() != spec.ends.size()) return context.refuse("starts and ends have different lengths");
    const Context::List axes = context.list("axes", 3);
    const Context::List steps = context.list("steps", 4);
    if ((axes.given && !axes.values) || (steps.given && !steps.values)) return std::optional<SliceSpec>();
    if (axes.given) {
        spec.axes = *axes.values;
    } else {
        for (std::size_t i = 0; i < spec.starts.size(); ++i) spec.axes.push_back(static_cast<std::int64_t>(i));
    }
    spec.steps = steps.given ? *steps.values : std::vector<std::int64_t>(spec.starts.size(), 1);
    if (spec.axes.size() != spec.starts.size() || spec.steps.size() != spec.starts.size()) {
        return context.refuse("starts, ends, axes and steps have different lengths");
    }
    if (std::find(spec.steps.begin(), spec.steps.end(), 0) != spec.steps.end()) return context.refuse("a step is 0");
    return std::optional<SliceSpec>(std::move(spec));
}

SliceRange sliceRange(std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) {
    if (dim == 0) return {};
    const auto clamped = [dim](std::int64_t bound, std::int64_t low, std::int64_t high) {
        return std::clamp(bound < 0 ? bound + dim : bound, low, high);
    };
    if (step > 0) {
        const std::int64_t first = clamped(start, 0, dim);
        const std::int64_t last = clamped(end, 0, dim);
        return {first, last > first ? (last - first - 1) / step + 1 : 0};
    }
    const std::int64_t first = clamped(start, 0, dim - 1);
    const std::int64_t last = clamped(end, -1, dim - 1);
    const std::int64_t stride = step == std::numeric_limits<std::int64_t>::min() ? std::numeric_limits<std::int64_t>::max() : -step;
    return {first, first > last ? (first - last - 1) / stride + 1 : 0};
}

Extent sliceExtent(const Extent& dim, const Extent& start, const Extent& end, std::int64_t step) {
    if (dim.isKnown() && start.isKnown() && end.isKnown()) {
        return Extent::known(sliceRange(dim.value(), start.value(), end.value(), step).count);
    }
    if (step < 0) {
        const bool whole = step == -1 && start.isKnown() && (start.value() == -1 || start.value() >= kOpenEnd) && end.isKnown() &&
                           end.value() <= -kOpenEnd;
        return whole ? dim : Extent::unknown();
    }
    const auto inside = [&dim](const Extent& bound, bool isEnd) {
        if (!bound.isKnown()) return bound.isNonNegative() ? bound : (bound.isSymbolic() ? dim + bound : Extent::unknown());
        if (bound.value() <= -kOpenEnd) return Extent::known(0);
        if (bound.value() < 0) return dim + bound;
        if (bound.value() >= kOpenEnd) return dim;
        return isEnd ? minimum(dim, bound) : bound;
    };
    return ceilDivide(inside(end, true) - inside(start, false), Extent::known(step));
}

}  // namespace trimtab::graph::shapes
