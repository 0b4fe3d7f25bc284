// Operators that work element by element, with broadcasting where they have several inputs.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

Status identity(Context& context) {
    const Fact& input = context.in(0);
    context.set(0, input.type, input.dims);
    context.outputs[0].isSequence = input.isSequence;
    context.outputs[0].isOptional = input.isOptional;
    return {};
}

Status unaryToBool(Context& context) {
    context.set(0, DataType::Bool, context.dims(0));
    return {};
}

/// Before opset 7, broadcasting was one-sided and asked for by an attribute: the result has the shape of A.
bool broadcastsToFirst(const Context& context) { return context.version < 7 && context.node.integer("broadcast", 0) != 0; }

Result<std::optional<Dims>> binaryDims(Context& context) {
    if (context.inputCount() < 2) return context.refuse("two inputs are needed");
    if (broadcastsToFirst(context)) return context.dims(0);
    return broadcastInputs(context, 0, 2);
}

Status binary(Context& context) {
    TRIMTAB_TRY(auto dims, binaryDims(context));
    context.set(0, context.type(0), std::move(dims));
    return {};
}

Status comparison(Context& context) {
    TRIMTAB_TRY(auto dims, binaryDims(context));
    context.set(0, DataType::Bool, std::move(dims));
    return {};
}

Status variadic(Context& context) {
    if (context.inputCount() == 0) return context.refuse("at least one input is needed");
    TRIMTAB_TRY(auto dims, broadcastInputs(context, 0, context.inputCount()));
    context.set(0, context.type(0), std::move(dims));
    return {};
}

Status where(Context& context) {
    if (context.inputCount() != 3) return context.refuse("three inputs are needed");
    TRIMTAB_TRY(auto dims, broadcastInputs(context, 0, 3));
    context.set(0, context.type(1) != DataType::Undefined ? context.type(1) : context.type(2), std::move(dims));
    return {};
}

Status dropout(Context& context) {
    context.set(0, context.type(0), context.dims(0));
    context.set(1, context.version >= 10 ? DataType::Bool : context.type(0), context.dims(0));
    return {};
}

constexpr RuleEntry kRules[] = {
    {"Identity", identity}, {"Dropout", dropout}, {"IsNaN", unaryToBool}, {"IsInf", unaryToBool}, {"Where", where},
    {"Abs", sameAsInput}, {"Acos", sameAsInput}, {"Acosh", sameAsInput}, {"Asin", sameAsInput}, {"Asinh", sameAsInput},
    {"Atan", sameAsInput}, {"Atanh", sameAsInput}, {"BitwiseNot", sameAsInput}, {"Ceil", sameAsInput}, {"Celu", sameAsInput},
    {"Clip", sameAsInput}, {"Cos", sameAsInput}, {"Cosh", sameAsInput}, {"CumSum", sameAsInput}, {"Elu", sameAsInput},
    {"Erf", sameAsInput}, {"Exp", sameAsInput}, {"Floor", sameAsInput}, {"Gelu", sameAsInput}, {"HardSigmoid", sameAsInput},
    {"HardSwish", sameAsInput}, {"Hardmax", sameAsInput}, {"LeakyRelu", sameAsInput}, {"Log", sameAsInput}, {"LogSoftmax", sameAsInput},
    {"Mish", sameAsInput}, {"Neg", sameAsInput}, {"Not", sameAsInput}, {"PRelu", sameAsInput}, {"Reciprocal", sameAsInput},
    {"Relu", sameAsInput}, {"Round", sameAsInput}, {"Selu", sameAsInput}, {"Shrink", sameAsInput}, {"Sigmoid", sameAsInput},
    {"Sign", sameAsInput}, {"Sin", sameAsInput}, {"Sinh", sameAsInput}, {"Softmax", sameAsInput}, {"Softplus", sameAsInput},
    {"Softsign", sameAsInput}, {"Sqrt", sameAsInput}, {"Swish", sameAsInput}, {"Tan", sameAsInput}, {"Tanh", sameAsInput},
    {"ThresholdedRelu", sameAsInput},
    {"Add", binary}, {"Sub", binary}, {"Mul", binary}, {"Div", binary}, {"Pow", binary}, {"Mod", binary}, {"BitShift", binary},
    {"BitwiseAnd", binary}, {"BitwiseOr", binary}, {"BitwiseXor", binary},
    {"Equal", comparison}, {"Greater", comparison}, {"GreaterOrEqual", comparison}, {"Less", comparison}, {"LessOrEqual", comparison},
    {"And", comparison}, {"Or", comparison}, {"Xor", comparison},
    {"Max", variadic}, {"Min", variadic}, {"Mean", variadic}, {"Sum", variadic},
};

}  // namespace

std::span<const RuleEntry> elementwiseRules() { return kRules; }

}  // namespace trimtab::graph::shapes
