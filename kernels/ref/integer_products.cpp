// MatMulInteger, ConvInteger, QLinearMatMul, QLinearConv: integer products of codes without their zero points.
#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/convolution.h"
#include "kernels/ref/families.h"
#include "kernels/ref/matmul.h"
#include "kernels/ref/quantize.h"

namespace trimtab::ref {
namespace {

bool isCode(DataType type) { return type == DataType::Int8 || type == DataType::UInt8; }

/// Codes minus the zero point of input `zero`, which is one value, or one for each index of `axis`.
Result<Tensor> centred(const Call& call, std::size_t codes, std::size_t zero, int axis) {
    const Tensor& x = call.tensor(codes);
    if (!isCode(x.type())) return refuse(call, fmt::format("input {} must be int8 or uint8", codes));
    TRIMTAB_TRY(const Tensor wide, tensor::convert(x, DataType::Int64));
    if (!call.has(zero)) return wide;
    const Tensor& zeros = call.tensor(zero);
    TRIMTAB_REQUIRE(sameType(call, x, zeros));
    TRIMTAB_TRY(Tensor out, wide.clone());
    const bool single = zeros.elementCount() == 1;
    if (!single && (axis < 0 || axis >= x.shape().rank() || zeros.elementCount() != x.shape()[axis]))
        return refuse(call, fmt::format("zero points of shape {} don't fit codes of shape {}", zeros.shape().text(), x.shape().text()));
    const std::int64_t inner = single ? 1 : extent(x.shape(), axis + 1, x.shape().rank());
    const std::vector<std::int64_t> values = tensor::toInt64s(zeros);
    const auto data = out.mutableData<std::int64_t>();
    for (std::size_t i = 0; i < data.size(); ++i)
        data[i] -= single ? values[0] : values[static_cast<std::size_t>(static_cast<std::int64_t>(i) / inner % x.shape()[axis])];
    return out;
}

Result<Values> asInt32(const Tensor& sums) {
    TRIMTAB_TRY(Tensor out, tensor::convert(sums, DataType::Int32));
    return one(std::move(out));
}

Result<Tensor> matMulSums(const Call& call, std::size_t a, std::size_t aZero, std::size_t b, std::size_t bZero) {
    TRIMTAB_TRY(const Tensor left, centred(call, a, aZero, call.tensor(a).shape().rank() - 2));
    TRIMTAB_TRY(const Tensor right, centred(call, b, bZero, call.tensor(b).shape().rank() - 1));
    return matMul(call, left, right);
}

Result<Tensor> convSums(const Call& call, std::size_t w, std::size_t xZero, std::size_t wZero, const Tensor& bias) {
    TRIMTAB_TRY(const Convolution plan, Convolution::plan(call, call.tensor(0).shape(), call.tensor(w).shape()));
    TRIMTAB_TRY(const Tensor x, centred(call, 0, xZero, -1));
    TRIMTAB_TRY(const Tensor weight, centred(call, w, wZero, 0));
    TRIMTAB_REQUIRE(checkBias(call, plan, x, bias));
    return convolve<std::int64_t>(plan, x, ExactProduct<std::int64_t>(weight.data<std::int64_t>().data(), plan.columns()), bias);
}

Result<Values> matMulInteger(const Call& call) {
    TRIMTAB_TRY(const Tensor sums, matMulSums(call, 0, 2, 1, 3));
    return asInt32(sums);
}

Result<Values> convInteger(const Call& call) {
    TRIMTAB_TRY(const Tensor sums, convSums(call, 1, 2, 3, Tensor()));
    return asInt32(sums);
}

/// y = saturate(round(sum · s_a · s_b / s_y) + z_y); s_b is one value or one for each index of `axis` of the result.
Result<Values> requantized(const Call& call, const Tensor& sums, std::size_t aScale, std::size_t bScale, std::size_t yScale, std::size_t yZero, int axis) {
    const DataType type = call.tensor(yZero).type();
    const auto range = codeRange(type);
    if (!isCode(type) || !range) return refuse(call, "the zero point of the result must be int8 or uint8");
    TRIMTAB_TRY(const double scaleA, number(call, aScale));
    TRIMTAB_TRY(const double scaleY, number(call, yScale));
    TRIMTAB_TRY(const double zero, number(call, yZero));
    const std::vector<float> scalesB = tensor::toFloats(call.tensor(bScale));
    const bool single = scalesB.size() == 1;
    if (!isFloatingPoint(call.tensor(bScale).type()) || (!single && static_cast<std::int64_t>(scalesB.size()) != sums.shape()[axis]))
        return refuse(call, "the weight's scales don't fit its outputs");
    const std::int64_t inner = single ? 1 : extent(sums.shape(), axis + 1, sums.shape().rank());
    TRIMTAB_TRY(Tensor out, Tensor::allocate(type, sums.shape()));
    for (std::int64_t i = 0; i < sums.elementCount(); ++i) {
        const double scaleB = scalesB[single ? 0 : static_cast<std::size_t>(i / inner % sums.shape()[axis])];
        const double value = static_cast<double>(sums.data<std::int64_t>()[static_cast<std::size_t>(i)]) * scaleA * scaleB;
        const std::int64_t code = quantized(value, scaleY, static_cast<std::int64_t>(zero), *range);
        store(out, i, 1, &code);
    }
    return one(std::move(out));
}

Result<Values> qLinearMatMul(const Call& call) {
    TRIMTAB_TRY(const Tensor sums, matMulSums(call, 0, 2, 3, 5));
    if (call.tensor(4).elementCount() != 1 && sums.shape().rank() < 1) return refuse(call, "the weight's scales don't fit its outputs");
    return requantized(call, sums, 1, 4, 6, 7, sums.shape().rank() - 1);
}

Result<Values> qLinearConv(const Call& call) {
    Tensor bias;
    if (call.has(8)) {
        if (call.tensor(8).type() != DataType::Int32) return refuse(call, "the bias must be int32");
        TRIMTAB_TRY(bias, tensor::convert(call.tensor(8), DataType::Int64));
    }
    TRIMTAB_TRY(const Tensor sums, convSums(call, 3, 2, 5, bias));
    return requantized(call, sums, 1, 4, 6, 7, 1);
}

}  // namespace

void registerIntegerProducts(Registry& registry) {
    registry.add("MatMulInteger", 10, {2, 4, 1}, matMulInteger);
    registry.add("ConvInteger", 10, {2, 4, 1}, convInteger);
    registry.add("QLinearMatMul", 10, {8, 8, 1}, qLinearMatMul);
    registry.add("QLinearConv", 10, {8, 9, 1}, qLinearConv);
}

}  // namespace trimtab::ref
