// Gathering, scattering and selecting by index.
#include <algorithm>

#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

Status gather(Context& context) {
    const auto& x = context.dims(0);
    const auto& indices = context.dims(1);
    context.set(0, context.type(0));
    if (!x) return {};
    TRIMTAB_TRY(const std::size_t axis, context.axis(context.node.integer("axis", 0), x->size()));
    if (!indices) return {};
    Dims out(x->begin(), x->begin() + static_cast<std::ptrdiff_t>(axis));
    out.insert(out.end(), indices->begin(), indices->end());
    out.insert(out.end(), x->begin() + static_cast<std::ptrdiff_t>(axis) + 1, x->end());
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status gatherElements(Context& context) {
    if (context.dims(0) && context.dims(1) && context.dims(0)->size() != context.dims(1)->size()) {
        return context.refuse("data and indices have different ranks");
    }
    context.set(0, context.type(0), context.dims(1));
    return {};
}

/// indices [b…, i…, k]: the result is indices without its last dim, then data from axis batch_dims + k on.
Status gatherND(Context& context) {
    const auto& x = context.dims(0);
    const auto& indices = context.dims(1);
    context.set(0, context.type(0));
    if (!x || !indices) return {};
    if (indices->empty()) return context.refuse("indices is a scalar");
    if (!indices->back().isKnown()) return {};
    const std::int64_t batch = context.node.integer("batch_dims", 0);
    const std::int64_t depth = indices->back().value();
    if (batch < 0 || batch >= static_cast<std::int64_t>(indices->size()) || depth > static_cast<std::int64_t>(x->size()) - batch) {
        return context.refuse("indices " + text(*indices) + " do not fit data " + text(*x));
    }
    Dims out(indices->begin(), indices->end() - 1);
    out.insert(out.end(), x->begin() + static_cast<std::ptrdiff_t>(batch + depth), x->end());
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status oneHot(Context& context) {
    const auto& indices = context.dims(0);
    context.set(0, context.type(2));
    if (!indices) return {};
    TRIMTAB_TRY(const std::size_t axis, context.axis(context.node.integer("axis", -1), indices->size() + 1));
    Extent depth;
    if (const Content* content = context.content(1); content != nullptr && content->size() == 1) {
        const bool whole = content->isReal() && content->reals[0] >= 0 && content->reals[0] < 1e15;
        depth = !content->isReal() ? content->items[0]
                                   : (whole ? Extent::known(static_cast<std::int64_t>(content->reals[0])) : Extent::unknown());
    }
    Dims out = *indices;
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(axis), depth);
    context.set(0, context.type(2), std::move(out));
    return {};
}

/// How many elements are kept depends on values.
Status compress(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!context.node.has("axis")) {
        context.set(0, context.type(0), Dims(1));
        return {};
    }
    if (!x) return {};
    TRIMTAB_TRY(const std::size_t axis, context.axis(context.node.integer("axis", 0), x->size()));
    Dims out = *x;
    out[axis] = Extent::unknown();
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status nonZero(Context& context) {
    const auto rank = context.rank(0);
    context.set(0, DataType::Int64, Dims{rank ? Extent::known(std::max(*rank, 1)) : Extent::unknown(), Extent::unknown()});
    return {};
}

Status unique(Context& context) {
    const auto& x = context.dims(0);
    std::optional<Dims> out = Dims(1);
    if (context.node.has("axis")) {
        out = x;
        if (x) {
            TRIMTAB_TRY(const std::size_t axis, context.axis(context.node.integer("axis", 0), x->size()));
            (*out)[axis] = Extent::unknown();
        }
    }
    context.set(0, context.type(0), std::move(out));
    for (std::size_t i = 1; i < 4; ++i) context.set(i, DataType::Int64, Dims(1));
    return {};
}

Status nonMaxSuppression(Context& context) {
    context.set(0, DataType::Int64, Dims{Extent::unknown(), Extent::known(3)});
    return {};
}

constexpr RuleEntry kRules[] = {
    {"Gather", gather}, {"GatherElements", gatherElements}, {"GatherND", gatherND}, {"OneHot", oneHot}, {"Compress", compress},
    {"Scatter", sameAsInput}, {"ScatterElements", sameAsInput}, {"ScatterND", sameAsInput}, {"NonZero", nonZero}, {"Unique", unique},
    {"NonMaxSuppression", nonMaxSuppression},
};

}  // namespace

std::span<const RuleEntry> indexingRules() { return kRules; }

}  // namespace trimtab::graph::shapes
