// com.microsoft's operators on 8-bit codes: the shapes of the standard operators that they stand for, the type of the codes.
#include "core/graph/shapes/borrowed.h"

namespace trimtab::graph::shapes {

namespace {

constexpr int kVersion = 13;

bool channelsLastAsked(const Context& context) { return context.node.integer("channels_last", 0) != 0; }

/// Inputs 0 and 3, each with scale and zero point behind it.
Status binary(Context& context) {
    TRIMTAB_TRY(Fact fact, borrowed(context, "Add", kVersion, {&context.in(0), &context.in(3)}));
    context.set(0, context.type(0), std::move(fact.dims));
    return {};
}

Status where(Context& context) {
    TRIMTAB_TRY(Fact fact, borrowed(context, "Where", 16, {&context.in(0), &context.in(1), &context.in(4)}));
    context.set(0, context.type(1), std::move(fact.dims));
    return {};
}

/// The result's scale and zero point, then tensor, scale and zero point of every part.
Status concat(Context& context) {
    std::vector<const Fact*> parts;
    for (std::size_t i = 2; i < context.inputCount(); i += 3) parts.push_back(&context.in(i));
    TRIMTAB_TRY(Fact fact, borrowed(context, "Concat", kVersion, std::move(parts)));
    context.set(0, context.type(1), std::move(fact.dims));
    return {};
}

Status pooled(Context& context, std::string_view op) {
    const bool last = channelsLastAsked(context);
    const Fact x = last ? channelsFirst(context.in(0)) : context.in(0);
    TRIMTAB_TRY(Fact fact, borrowed(context, op, kVersion, {&x}));
    if (last) fact = channelsLast(std::move(fact));
    context.set(0, context.type(0), std::move(fact.dims));
    return {};
}

Status averagePool(Context& context) { return pooled(context, "AveragePool"); }
Status globalAveragePool(Context& context) { return pooled(context, "GlobalAveragePool"); }

/// x, w in inputs 0 and 3, the result's zero point in input 7.
Status convolution(Context& context) {
    const bool last = channelsLastAsked(context);
    const Fact x = last ? channelsFirst(context.in(0)) : context.in(0);
    TRIMTAB_TRY(Fact fact, borrowed(context, "Conv", kVersion, {&x, &context.in(3)}));
    if (last) fact = channelsLast(std::move(fact));
    context.set(0, context.type(7) != DataType::Undefined ? context.type(7) : context.type(0), std::move(fact.dims));
    return {};
}

constexpr RuleEntry kRules[] = {
    {"QLinearAdd", binary, "com.microsoft"},
    {"QLinearMul", binary, "com.microsoft"},
    {"QLinearSigmoid", sameAsInput, "com.microsoft"},
    {"QLinearLeakyRelu", sameAsInput, "com.microsoft"},
    {"QLinearSoftmax", sameAsInput, "com.microsoft"},
    {"QLinearWhere", where, "com.microsoft"},
    {"QLinearConcat", concat, "com.microsoft"},
    {"QLinearAveragePool", averagePool, "com.microsoft"},
    {"QLinearGlobalAveragePool", globalAveragePool, "com.microsoft"},
    {"QLinearConv", convolution, "com.microsoft"},
};

}  // namespace

std::span<const RuleEntry> linearRules() { return kRules; }

}  // namespace trimtab::graph::shapes
