// Quantisation and its reverse.
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

Status quantize(Context& context) {
    DataType type = context.type(2);
    if (type == DataType::Undefined && context.node.integer("output_dtype", 0) != 0)
        type = elementType(context.node.integer("output_dtype", 0));
    context.set(0, type != DataType::Undefined || context.has(2) ? type : DataType::UInt8, context.dims(0));
    return {};
}

Status dequantize(Context& context) {
    const std::int64_t number = context.node.integer("output_dtype", 0);
    context.set(0, number != 0 ? elementType(number) : context.type(1), context.dims(0));
    return {};
}

Status dynamicQuantize(Context& context) {
    context.set(0, DataType::UInt8, context.dims(0));
    context.set(1, DataType::Float32, Dims{});
    context.set(2, DataType::UInt8, Dims{});
    return {};
}

constexpr RuleEntry kRules[] = {
    {"QuantizeLinear", quantize},
    {"DequantizeLinear", dequantize},
    {"DynamicQuantizeLinear", dynamicQuantize},
    {"QuantizeLinear", quantize, "com.microsoft"},
    {"DequantizeLinear", dequantize, "com.microsoft"},
};

}  // namespace

std::span<const RuleEntry> quantizedRules() { return kRules; }

}  // namespace trimtab::graph::shapes
