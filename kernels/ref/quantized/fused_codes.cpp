// The operators of the trimtab domain on 8-bit codes (core/graph/passes/passes.h): codes are read as values, the operator on floats runs,
// and its result becomes codes where the node says of which scale.
#include <cmath>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/borrowed.h"
#include "kernels/ref/families.h"
#include "kernels/ref/quantize.h"
#include "kernels/ref/quantized/codes.h"

namespace trimtab::ref {
namespace {

/// Input i, codes of {side_scale, side_zero}, as float32.
Result<Tensor> valuesOfSide(const Call& call, std::size_t i, const std::string& side) {
    const Tensor& codes = call.tensor(i);
    if (!isByteCode(codes.type())) return refuse(call, fmt::format("input {} must be 8-bit codes", i));
    const float scale = call.node.number(side + "_scale", 0);
    if (!(scale > 0)) return refuse(call, "attribute " + side + "_scale must be positive");
    const std::int64_t zero = call.node.integer(side + "_zero", 0);
    TRIMTAB_TRY(Tensor values, tensor::convert(codes, DataType::Float32));
    TRIMTAB_TRY(values, values.clone());
    for (float& value : values.mutableData<float>()) value = (value - static_cast<float>(zero)) * scale;
    return values;
}

/// float32 as it is without attribute y_scale.
Result<Values> finished(const Call& call, const Tensor& values) {
    if (!call.node.has("y_scale")) return one(values);
    const DataType type = call.node.integer("output_dtype", 0) == 3 ? DataType::Int8 : DataType::UInt8;
    const float scale = call.node.number("y_scale", 0);
    if (!(scale > 0)) return refuse(call, "attribute y_scale must be positive");
    TRIMTAB_TRY(Tensor codes, Tensor::allocate(type, values.shape()));
    const auto out = codes.mutableBytes();
    for (std::int64_t i = 0; i < values.elementCount(); ++i) {
        const double value = values.data<float>()[static_cast<std::size_t>(i)];
        out[static_cast<std::size_t>(i)] =
            static_cast<std::byte>(quantized(value, scale, call.node.integer("y_zero", 0), *codeRange(type)));
    }
    return one(std::move(codes));
}

/// The fused operator on floats, with the same attributes and inputs.
Kernel product(std::string op) {
    return [op = std::move(op)](const Call& call) -> Result<Values> {
        graph::Node node = call.node;
        node.op = op;
        node.treatment = {};
        std::vector<RunValue> inputs(call.inputs.begin(), call.inputs.end());
        TRIMTAB_TRY(inputs[0], valuesOfSide(call, 0, "x"));
        TRIMTAB_TRY(const Values made, evaluate(node, inputs));
        return finished(call, std::get<Tensor>(made.front()));
    };
}

Kernel binary(std::string op) {
    return [op = std::move(op)](const Call& call) -> Result<Values> {
        TRIMTAB_TRY(const Tensor a, valuesOfSide(call, 0, "a"));
        TRIMTAB_TRY(const Tensor b, valuesOfSide(call, 1, "b"));
        TRIMTAB_TRY(Tensor y, borrowed(call, op, 14, {}, {a, b}));
        if (call.node.string("activation", "") == "Relu") {
            TRIMTAB_TRY(y, borrowed(call, "Relu", 14, {}, {y}));
        }
        return finished(call, y);
    };
}

Result<Values> lookup(const Call& call) {
    const Tensor& codes = call.tensor(0);
    const Tensor& table = call.tensor(1);
    if (!isByteCode(codes.type())) return refuse(call, "input 0 must be 8-bit codes");
    if (!isByteCode(table.type()) || table.elementCount() != 256) return refuse(call, "the table must have 256 codes");
    TRIMTAB_TRY(Tensor out, Tensor::allocate(table.type(), codes.shape()));
    const auto from = codes.bytes();
    const auto to = out.mutableBytes();
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = table.bytes()[std::to_integer<std::size_t>(from[i])];
    return one(std::move(out));
}

}  // namespace

void registerFusedCodes(Registry& registry) {
    registry.add("QuantizedConv", 1, {2, 4, 1}, product("FusedConv"), "trimtab");
    registry.add("QuantizedMatMul", 1, {2, 3, 1}, product("FusedMatMul"), "trimtab");
    registry.add("QuantizedAdd", 1, {2, 2, 1}, binary("Add"), "trimtab");
    registry.add("QuantizedMul", 1, {2, 2, 1}, binary("Mul"), "trimtab");
    registry.add("Lookup", 1, {2, 2, 1}, lookup, "trimtab");
}

}  // namespace trimtab::ref
