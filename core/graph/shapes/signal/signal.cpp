// Fourier transforms and mel filters.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

/// The single known integer of an input.
Extent scalar(const Context& context, std::size_t i) {
    const Content* content = context.content(i);
    if (content == nullptr || content->isReal() || content->size() != 1) return Extent::unknown();
    return content->items[0];
}

Extent half(const Extent& length) { return floorDivide(length, Extent::known(2)) + Extent::known(1); }

/// The axis of a DFT is an attribute before opset 20, an input since. nullopt when it is not known.
Result<std::optional<std::size_t>> signalAxis(const Context& context, std::size_t rank) {
    std::int64_t given = context.node.integer("axis", 1);
    if (context.version >= 20) {
        const Extent input = scalar(context, 2);
        if (context.has(2) && !input.isKnown()) return std::optional<std::size_t>();
        given = context.has(2) ? input.value() : -2;
    }
    TRIMTAB_TRY(const std::size_t axis, context.axis(given, rank));
    if (axis + 1 == rank) return context.refuse("the last axis holds real and imaginary parts and is no signal");
    return std::optional<std::size_t>(axis);
}

Status dft(Context& context) {
    const auto& x = context.dims(0);
    context.set(0, context.type(0));
    if (!x) return {};
    if (x->size() < 2) return context.refuse("the input " + text(*x) + " needs an axis for real and imaginary parts");
    const bool onesided = context.node.integer("onesided", 0) != 0, inverse = context.node.integer("inverse", 0) != 0;
    TRIMTAB_TRY(const auto axis, signalAxis(context, x->size()));
    Dims out = axis || (!onesided && !context.has(1)) ? *x : Dims(x->size());
    out.back() = Extent::known(onesided && inverse ? 1 : 2);
    if (axis) {
        const Extent own = onesided && inverse ? Extent::known(2) * ((*x)[*axis] - Extent::known(1)) : (*x)[*axis];
        const Extent length = context.has(1) ? scalar(context, 1) : own;
        out[*axis] = onesided && !inverse ? half(length) : length;
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

/// [batch, frames, bins, 2]
Status stft(Context& context) {
    const auto& x = context.dims(0);
    Dims out(4);
    out[3] = Extent::known(2);
    if (x && x->size() != 3) return context.refuse("the signal " + text(*x) + " must be [batch, samples, 1 or 2]");
    const Extent step = scalar(context, 1);
    Extent length = scalar(context, 3);
    if (length.isUnknown() && context.dims(2) && context.dims(2)->size() == 1) length = context.dims(2)->front();
    if (step.isKnown() && step.value() < 1) return context.refuse("a frame step of " + step.text() + " makes no sense");
    out[2] = context.node.integer("onesided", 1) != 0 ? half(length) : length;
    if (x) {
        out[0] = x->front();
        out[1] = floorDivide((*x)[1] - length, step) + Extent::known(1);
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status melWeightMatrix(Context& context) {
    context.set(0, elementType(context.node.integer("output_datatype", 1)), Dims{half(scalar(context, 1)), scalar(context, 0)});
    return {};
}

constexpr RuleEntry kRules[] = {{"DFT", dft}, {"STFT", stft}, {"MelWeightMatrix", melWeightMatrix}};

}  // namespace

std::span<const RuleEntry> signalRules() { return kRules; }

}  // namespace trimtab::graph::shapes
