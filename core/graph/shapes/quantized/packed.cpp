// com.microsoft's products of quantised operands, and the gathering of rows of a quantised table.
#include "core/graph/shapes/borrowed.h"

namespace trimtab::graph::shapes {

namespace {

Status productAs(Context& context, DataType type) {
    TRIMTAB_TRY(Fact fact, borrowed(context, "MatMul", 13, {&context.in(0), &context.in(1)}));
    context.set(0, type, std::move(fact.dims));
    return {};
}

Status dynamicQuantizeMatMul(Context& context) { return productAs(context, DataType::Float32); }
Status matMulIntegerToFloat(Context& context) { return productAs(context, context.type(2)); }

/// A and B in inputs 0 and 3; float32 unless the result has a zero point.
Status qGemm(Context& context) {
    TRIMTAB_TRY(Fact fact, borrowed(context, "Gemm", 13, {&context.in(0), &context.in(3), context.has(6) ? &context.in(6) : nullptr}));
    context.set(0, context.has(8) ? context.type(8) : DataType::Float32, std::move(fact.dims));
    return {};
}

/// A byte of uint8 data holds 8 / bits elements of the last axis.
Status gatherBlockQuantized(Context& context) {
    context.set(0, context.type(2));
    const auto& data = context.dims(0);
    const auto& indices = context.dims(1);
    if (!data) return {};
    if (data->empty()) return context.refuse("the table has no axis");
    TRIMTAB_TRY(const std::size_t axis, context.axis(context.node.integer("gather_axis", 0), data->size()));
    if (!indices || context.type(0) == DataType::Undefined) return {};
    Dims table = *data;
    const std::int64_t bits = context.node.integer("bits", 4);
    if (context.type(0) == DataType::UInt8) {
        if (bits != 2 && bits != 4 && bits != 8) return context.refuse("bits is " + std::to_string(bits) + "; it must be 2, 4 or 8");
        table.back() = table.back() * Extent::known(8 / bits);
    }
    Dims out(table.begin(), table.begin() + static_cast<std::ptrdiff_t>(axis));
    out.insert(out.end(), indices->begin(), indices->end());
    out.insert(out.end(), table.begin() + static_cast<std::ptrdiff_t>(axis) + 1, table.end());
    context.set(0, context.type(2), std::move(out));
    return {};
}

constexpr RuleEntry kRules[] = {
    {"DynamicQuantizeMatMul", dynamicQuantizeMatMul, "com.microsoft"},
    {"MatMulIntegerToFloat", matMulIntegerToFloat, "com.microsoft"},
    {"QGemm", qGemm, "com.microsoft"},
    {"GatherBlockQuantized", gatherBlockQuantized, "com.microsoft"},
};

}  // namespace

std::span<const RuleEntry> packedRules() { return kRules; }

}  // namespace trimtab::graph::shapes
