// com.microsoft's QLinear operators: codes are read as values, a standard operator runs on these, and its result becomes codes again.
#include <fmt/format.h>

#include "kernels/ref/borrowed.h"
#include "kernels/ref/broadcast.h"
#include "kernels/ref/families.h"
#include "kernels/ref/quantized/codes.h"

namespace trimtab::ref {
namespace {

/// Input `first` with its scale and zero point behind it, each one value.
Result<Tensor> operand(const Call& call, std::size_t first) {
    if (!call.has(first)) return refuse(call, fmt::format("input {} is missing", first));
    return valuesOf(call, call.tensor(first), first + 1, first + 2);
}

/// The result as codes with the scale of input `scale` and the zero point behind it.
Result<Values> coded(const Call& call, const Tensor& values, std::size_t scale, DataType type) {
    TRIMTAB_TRY(Tensor out, codesOf(call, values, scale, scale + 1, type));
    return one(std::move(out));
}

using Binary = double (*)(double a, double b);

Kernel binary(Binary f) {
    return [f](const Call& call) -> Result<Values> {
        TRIMTAB_TRY(const Tensor a, operand(call, 0));
        TRIMTAB_TRY(const Tensor b, operand(call, 3));
        TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(3)));
        const std::vector<const Tensor*> inputs{&a, &b};
        TRIMTAB_TRY(const Tensor values, (mapBroadcast<double, double>(call, inputs, DataType::Float64,
                                                                       [f](const double* const* in, std::int64_t n, double* out) {
                                                                           for (std::int64_t i = 0; i < n; ++i)
                                                                               out[i] = f(in[0][i], in[1][i]);
                                                                       })));
        return coded(call, values, 6, call.tensor(0).type());
    };
}

/// One input with scale and zero point, then those of the result; `op` of opset `version` in between.
Result<Values> unary(const Call& call, const std::string& op, int version, Attributes attributes) {
    TRIMTAB_TRY(const Tensor x, operand(call, 0));
    TRIMTAB_TRY(const Tensor y, borrowed(call, op, version, std::move(attributes), {x}));
    return coded(call, y, 3, call.tensor(0).type());
}

Result<Values> sigmoid(const Call& call) { return unary(call, "Sigmoid", 13, {}); }

Result<Values> leakyRelu(const Call& call) { return unary(call, "LeakyRelu", 16, {{"alpha", call.node.number("alpha", 0.01F)}}); }

/// Attribute opset says whether axis names one axis (13) or where the axes of a matrix begin (before).
Result<Values> softmax(const Call& call) {
    const std::int64_t version = call.node.integer("opset", 0);
    if (version < 1 || version > 1000) return refuse(call, "attribute opset makes no sense");
    Attributes attributes;
    if (call.node.has("axis")) attributes["axis"] = call.node.integer("axis", -1);
    return unary(call, "Softmax", version < 13 ? 11 : 13, std::move(attributes));
}

/// `pool` on the values, with the channels brought to the front and back where channels_last says so.
Result<Values> pooled(const Call& call, const std::string& op, int version) {
    const bool last = call.node.integer("channels_last", 0) != 0;
    TRIMTAB_TRY(Tensor x, operand(call, 0));
    if (x.shape().rank() < 3)
        return refuse(call, "the input must have batch, channels and spatial axes, not the shape " + x.shape().text());
    if (last) {
        TRIMTAB_TRY(x, channelsFirst(x));
    }
    TRIMTAB_TRY(Tensor y, borrowed(call, op, version, op == "AveragePool" ? call.node.attributes : Attributes(), {x}));
    if (last) {
        TRIMTAB_TRY(y, channelsLast(y));
    }
    return coded(call, y, 3, call.tensor(0).type());
}

Result<Values> averagePool(const Call& call) { return pooled(call, "AveragePool", 11); }
Result<Values> globalAveragePool(const Call& call) { return pooled(call, "GlobalAveragePool", 1); }

/// The result's scale and zero point, then tensor, scale and zero point of every part.
Result<Values> concat(const Call& call) {
    if (call.inputs.size() < 5 || call.inputs.size() % 3 != 2) return refuse(call, "every part needs a scale and a zero point");
    std::vector<Tensor> parts;
    for (std::size_t i = 2; i < call.inputs.size(); i += 3) {
        TRIMTAB_TRY(parts.emplace_back(), operand(call, i));
    }
    TRIMTAB_TRY(const Tensor joined, borrowed(call, "Concat", 13, {{"axis", call.node.integer("axis", 0)}}, parts));
    return coded(call, joined, 0, call.tensor(1).type());
}

Result<Values> where(const Call& call) {
    TRIMTAB_TRY(const Tensor x, operand(call, 1));
    TRIMTAB_TRY(const Tensor y, operand(call, 4));
    TRIMTAB_REQUIRE(sameType(call, call.tensor(1), call.tensor(4)));
    TRIMTAB_TRY(const Tensor chosen, borrowed(call, "Where", 16, {}, {call.tensor(0), x, y}));
    return coded(call, chosen, 7, call.tensor(1).type());
}

}  // namespace

/// Zero points may be left out in the middle, so that only the first input is required of all.
void registerLinear(Registry& registry) {
    const auto add = [&registry](std::string_view op, Arity arity, Kernel kernel) {
        registry.add(op, 1, arity, std::move(kernel), "com.microsoft");
    };
    add("QLinearAdd", {1, 8, 1}, binary([](double a, double b) { return a + b; }));
    add("QLinearMul", {1, 8, 1}, binary([](double a, double b) { return a * b; }));
    add("QLinearSigmoid", {1, 5, 1}, sigmoid);
    add("QLinearLeakyRelu", {1, 5, 1}, leakyRelu);
    add("QLinearSoftmax", {1, 5, 1}, softmax);
    add("QLinearAveragePool", {1, 5, 1}, averagePool);
    add("QLinearGlobalAveragePool", {5, 5, 1}, globalAveragePool);
    add("QLinearConcat", {5, kAny, 1}, concat);
    add("QLinearWhere", {9, 9, 1}, where);
    add("QuantizeLinear", {2, 3, 1}, sameAs("QuantizeLinear", 21));
    add("DequantizeLinear", {2, 3, 1}, sameAs("DequantizeLinear", 21));
}

}  // namespace trimtab::ref
