// Elementwise operators of the trimtab domain, and those that ONNX Runtime's exporter writes.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

/// Output 0 has the type and dims of input 0; input 1, where it is given, is one of its rows.
Status biased(Context& context) {
    if (context.rank(1) && *context.rank(1) != 1) return context.refuse("the bias " + text(*context.dims(1)) + " must have one axis");
    if (context.dims(0) && context.dims(1)) {
        if (context.dims(0)->empty()) return context.refuse("a scalar has no rows");
        TRIMTAB_REQUIRE(agree(context, context.dims(0)->back(), context.dims(1)->front(), "bias"));
    }
    return sameAsInput(context);
}

/// Two values of codes, broadcast.
Status quantizedBinary(Context& context) {
    TRIMTAB_TRY(auto dims, broadcastInputs(context, 0, 2));
    context.set(0, codesAsked(context), std::move(dims));
    return {};
}

/// Codes in, entries of the table out.
Status lookup(Context& context) {
    context.set(0, context.type(1), context.dims(0));
    return {};
}

/// Logits [sequences, vocabulary] and a row of numbers for each sequence → a token of each.
Status chooseToken(Context& context) {
    if (context.rank(0) && *context.rank(0) != 2) return context.refuse("the logits " + text(*context.dims(0)) + " must have two axes");
    if (context.rank(1) && *context.rank(1) != 2) return context.refuse("the choices " + text(*context.dims(1)) + " must have two axes");
    if (context.dims(1) && context.dims(1)->back().isKnown() && !context.dims(1)->back().isKnown(4))
        return context.refuse("the choices " + text(*context.dims(1)) + " must be four numbers for each sequence");
    if (!context.dims(0)) {
        context.set(0, DataType::Int64, std::nullopt);
        return {};
    }
    if (context.dims(1)) TRIMTAB_REQUIRE(agree(context, context.dims(0)->front(), context.dims(1)->front(), "choices"));
    context.set(0, DataType::Int64, std::vector{context.dims(0)->front()});
    return {};
}

constexpr RuleEntry kRules[] = {
    {"QuantizedAdd", quantizedBinary, "trimtab"},
    {"QuantizedMul", quantizedBinary, "trimtab"},
    {"Lookup", lookup, "trimtab"},
    {"ChooseToken", chooseToken, "trimtab"},
    {"Silu", sameAsInput, "trimtab"},
    {"Gelu", sameAsInput, "trimtab"},
    {"Gelu", sameAsInput, "com.microsoft"},
    {"BiasGelu", biased, "com.microsoft"},
    {"FastGelu", biased, "com.microsoft"},
    {"QuickGelu", sameAsInput, "com.microsoft"},
};

}  // namespace

std::span<const RuleEntry> fusedRules() { return kRules; }

}  // namespace trimtab::graph::shapes
