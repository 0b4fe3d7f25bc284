// Normalisations: the result has the shape of the input; further outputs hold statistics.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

Status batchNormalization(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0), x);
    if (x && x->size() < 2 && !x->empty()) return context.refuse("the input " + text(*x) + " has no channel axis");
    std::optional<Dims> channels;
    if (x && x->size() > 1) {
        channels = Dims{(*x)[1]};
        for (std::size_t i = 1; i < 5; ++i) {
            if (!context.dims(i) || context.dims(i)->size() != 1) continue;
            TRIMTAB_TRY((*channels)[0], agree(context, (*channels)[0], (*context.dims(i))[0], "channels"));
        }
    }
    for (std::size_t i = 1; i < context.node.outputs.size(); ++i) context.set(i, context.type(i < 3 ? i + 2 : i), channels);
    return {};
}

/// The type of the statistics: attribute stash_type.
DataType statisticsType(const Context& context) {
    return context.node.integer("stash_type", 1) == 16 ? DataType::BFloat16 : DataType::Float32;
}

/// Outputs 1 and 2 keep the leading dims; normalised axes become 1.
Status layerNormalization(Context& context) {
    const auto& x = context.dims(0);
    const DataType statistics = statisticsType(context);
    context.set(0, context.type(0), x);
    context.set(1, statistics);
    context.set(2, statistics);
    if (!x) return {};
    TRIMTAB_TRY(const std::size_t axis, context.axis(context.node.integer("axis", -1), x->size()));
    if (context.dims(1)) {
        TRIMTAB_TRY(const Dims together, broadcast(context, *x, *context.dims(1)));
        if (together.size() != x->size()) return context.refuse("the scale " + text(*context.dims(1)) + " does not fit " + text(*x));
    }
    Dims reduced = *x;
    for (std::size_t i = axis; i < reduced.size(); ++i) reduced[i] = Extent::known(1);
    context.set(1, statistics, reduced);
    context.set(2, statistics, reduced);
    return {};
}

Status perChannel(Context& context) {
    const auto& x = context.dims(0);
    if (x && x->size() < 2) return context.refuse("the input " + text(*x) + " has no channel axis");
    return sameAsInput(context);
}

/// y has the type of the scale; of our own operator that of x.
Status rmsNormalization(Context& context) {
    const auto& x = context.dims(0);
    if (x) {
        TRIMTAB_REQUIRE(context.axis(context.node.integer("axis", -1), x->size()));
        if (context.dims(1)) {
            TRIMTAB_TRY(const Dims together, broadcast(context, *x, *context.dims(1)));
            if (together.size() != x->size()) return context.refuse("the scale " + text(*context.dims(1)) + " does not fit " + text(*x));
        }
    }
    context.set(0, context.type(context.node.domain == "trimtab" ? 0 : 1), x);
    return {};
}

/// Output 1 keeps the leading dims of the input; normalised axes become 1.
Status simplifiedLayerNormalization(Context& context) {
    TRIMTAB_REQUIRE(rmsNormalization(context));
    context.set(1, statisticsType(context));
    if (!context.dims(0)) return {};
    Dims statistics = *context.dims(0);
    TRIMTAB_TRY(const std::size_t axis, context.axis(context.node.integer("axis", -1), statistics.size()));
    for (std::size_t i = axis; i < statistics.size(); ++i) statistics[i] = Extent::known(1);
    context.set(1, statisticsType(context), statistics);
    return {};
}

/// y, mean, inverses, input + skip + bias. The normalised axis is the last.
Status skipLayerNormalization(Context& context) {
    const auto& x = context.dims(0);
    context.set(3, context.type(0), x);
    context.set(1, DataType::Float32);
    context.set(2, DataType::Float32);
    if (x) {
        if (x->empty()) return context.refuse("the input is a scalar");
        for (const std::size_t i : {1, 2, 3, 4}) {
            if (!context.dims(i)) continue;
            TRIMTAB_TRY(const Dims together, broadcast(context, *x, *context.dims(i)));
            if (together.size() == x->size()) continue;
            return context.refuse("input " + std::to_string(i) + " " + text(*context.dims(i)) + " does not fit " + text(*x));
        }
        Dims statistics = *x;
        statistics.back() = Extent::known(1);
        context.set(1, DataType::Float32, statistics);
        context.set(2, DataType::Float32, statistics);
    }
    return sameAsInput(context);
}

constexpr RuleEntry kRules[] = {
    {"BatchNormalization", batchNormalization},
    {"LayerNormalization", layerNormalization},
    {"InstanceNormalization", perChannel},
    {"GroupNormalization", perChannel},
    {"LRN", sameAsInput},
    {"LpNormalization", sameAsInput},
    {"MeanVarianceNormalization", sameAsInput},
    {"RMSNormalization", rmsNormalization},
    {"RMSNormalization", rmsNormalization, "trimtab"},
    {"SimplifiedLayerNormalization", simplifiedLayerNormalization},
    {"SimplifiedLayerNormalization", simplifiedLayerNormalization, "com.microsoft"},
    {"SkipLayerNormalization", skipLayerNormalization, "com.microsoft"},
    {"SkipSimplifiedLayerNormalization", skipLayerNormalization, "com.microsoft"},
};

}  // namespace

std::span<const RuleEntry> normalizationRules() { return kRules; }

}  // namespace trimtab::graph::shapes
