// Reductions over axes (an attribute, later an input), extreme positions, sorted selections.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

Dims without(const Dims& dims, const std::vector<std::size_t>& axes, bool keep) {
    Dims out;
    std::size_t next = 0;
    for (std::size_t i = 0; i < dims.size(); ++i) {
        const bool reduced = next < axes.size() && axes[next] == i;
        if (reduced) ++next;
        if (!reduced) {
            out.push_back(dims[i]);
        } else if (keep) {
            out.push_back(Extent::known(1));
        }
    }
    return out;
}

Status reduce(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!x) return {};
    const bool keep = context.node.integer("keepdims", 1) != 0;
    const Context::List axes = context.list("axes", 1);
    if (axes.given && !axes.values) {
        if (keep) context.set(0, context.type(0), Dims(x->size()));
        return {};
    }
    std::vector<std::int64_t> given = axes.values.value_or(std::vector<std::int64_t>{});
    if (given.empty()) {
        if (context.node.integer("noop_with_empty_axes", 0) != 0) return sameAsInput(context);
        for (std::size_t i = 0; i < x->size(); ++i) given.push_back(static_cast<std::int64_t>(i));
    }
    TRIMTAB_TRY(const auto normalized, context.axes(given, x->size()));
    context.set(0, context.type(0), without(*x, normalized, keep));
    return {};
}

Status extremePosition(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, DataType::Int64);
    if (!x) return {};
    TRIMTAB_TRY(const std::size_t axis, context.axis(context.node.integer("axis", 0), x->size()));
    context.set(0, DataType::Int64, without(*x, {axis}, context.node.integer("keepdims", 1) != 0));
    return {};
}

Status topK(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    context.set(1, DataType::Int64);
    if (!x) return {};
    TRIMTAB_TRY(const std::size_t axis, context.axis(context.node.integer("axis", -1), x->size()));
    Dims out = *x;
    out[axis] = Extent::unknown();
    if (context.node.has("k")) {
        out[axis] = Extent::known(context.node.integer("k", 0));
    } else if (const Content* k = context.content(1); k != nullptr && !k->isReal() && k->size() == 1) {
        out[axis] = k->items[0];
    }
    if (out[axis].isKnown() && (*x)[axis].isKnown() && out[axis].value() > (*x)[axis].value()) {
        return context.refuse("k is " + out[axis].text() + " along an axis of " + (*x)[axis].text());
    }
    context.set(0, context.type(0), out);
    context.set(1, DataType::Int64, out);
    return {};
}

/// NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss: scores [N, C, d…], target [N, d…]; the latter also gives log-probabilities.
Status classificationLoss(Context& context) {
    const bool reduced = context.node.string("reduction", "mean") != "none";
    context.set(0, context.type(0), reduced ? std::optional<Dims>(Dims{}) : context.dims(1));
    context.set(1, context.type(0), context.dims(0));
    return {};
}

constexpr RuleEntry kRules[] = {
    {"NegativeLogLikelihoodLoss", classificationLoss}, {"SoftmaxCrossEntropyLoss", classificationLoss},
    {"ReduceL1", reduce}, {"ReduceL2", reduce}, {"ReduceLogSum", reduce}, {"ReduceLogSumExp", reduce}, {"ReduceMax", reduce},
    {"ReduceMean", reduce}, {"ReduceMin", reduce}, {"ReduceProd", reduce}, {"ReduceSum", reduce}, {"ReduceSumSquare", reduce},
    {"ArgMax", extremePosition}, {"ArgMin", extremePosition}, {"TopK", topK},
};

}  // namespace

std::span<const RuleEntry> reductionRules() { return kRules; }

}  // namespace trimtab::graph::shapes
