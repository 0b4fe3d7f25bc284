// Sequences and optionals: element types only; how many tensors they hold and of which shape is known when they run.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

Status makeSequence(Context& context) {
    context.setSequence(0, context.type(0));
    return {};
}

Status emptySequence(Context& context) {
    context.setSequence(0, elementType(context.node.integer("dtype", 1)));
    return {};
}

Status elementOfSequence(Context& context) {
    context.set(0, context.type(0));
    return {};
}

Status sequenceLength(Context& context) {
    context.set(0, DataType::Int64, Dims{});
    return {};
}

Status optional(Context& context) {
    context.set(0, context.type(0));
    if (!context.outputs.empty()) {
        context.outputs[0].isOptional = true;
        context.outputs[0].isSequence = context.in(0).isSequence;
    }
    return {};
}

Status optionalElement(Context& context) {
    context.set(0, context.type(0), context.in(0).isSequence ? std::nullopt : context.dims(0));
    if (!context.outputs.empty()) context.outputs[0].isSequence = context.in(0).isSequence;
    return {};
}

Status optionalHasElement(Context& context) {
    context.set(0, DataType::Bool, Dims{});
    return {};
}

constexpr RuleEntry kRules[] = {
    {"SequenceConstruct", makeSequence}, {"SequenceInsert", makeSequence}, {"SequenceErase", makeSequence},
    {"SplitToSequence", makeSequence}, {"SequenceEmpty", emptySequence}, {"SequenceAt", elementOfSequence},
    {"ConcatFromSequence", elementOfSequence}, {"SequenceLength", sequenceLength}, {"Optional", optional},
    {"OptionalGetElement", optionalElement}, {"OptionalHasElement", optionalHasElement},
};

}  // namespace

std::span<const RuleEntry> sequenceRules() { return kRules; }

}  // namespace trimtab::graph::shapes
