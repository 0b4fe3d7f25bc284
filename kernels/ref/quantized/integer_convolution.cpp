// ConvInteger, QLinearConv and com.microsoft.QLinearConv: convolutions of 8-bit codes without their zero points. Padding stands for the
// value 0.
#include "core/tensor/convert.h"
#include "kernels/ref/convolution.h"
#include "kernels/ref/families.h"
#include "kernels/ref/quantized/codes.h"

namespace trimtab::ref {
namespace {

/// Sums in int64; the zero point of x is one value, that of w one or one for each output channel.
Result<Tensor> sumsOf(const Call& call, const Tensor& x, std::size_t xZero, std::size_t w, std::size_t wZero, const Tensor& bias) {
    const Tensor& weight = call.tensor(w);
    TRIMTAB_TRY(const Convolution plan, Convolution::plan(call, x.shape(), weight.shape()));
    TRIMTAB_TRY(const Tensor image, withoutZero(call, x, xZero, -1));
    TRIMTAB_TRY(const Tensor rows, withoutZero(call, weight, wZero, 0));
    TRIMTAB_REQUIRE(checkBias(call, plan, image, bias));
    return convolve<std::int64_t>(plan, image, ExactProduct<std::int64_t>(rows.data<std::int64_t>().data(), plan.columns()), bias);
}

Result<Values> convInteger(const Call& call) {
    TRIMTAB_TRY(const Tensor sums, sumsOf(call, call.tensor(0), 2, 1, 3, Tensor()));
    TRIMTAB_TRY(Tensor out, tensor::convert(sums, DataType::Int32));
    return one(std::move(out));
}

/// x, its scale and zero point, w with both, the result's scale and zero point, a bias in int32 of scale s_x · s_w and zero point 0.
Result<Tensor> linearConv(const Call& call, const Tensor& x) {
    Tensor bias;
    if (call.has(8)) {
        if (call.tensor(8).type() != DataType::Int32) return refuse(call, "the bias must be int32");
        TRIMTAB_TRY(bias, tensor::convert(call.tensor(8), DataType::Int64));
    }
    TRIMTAB_TRY(const Tensor sums, sumsOf(call, x, 2, 3, 5, bias));
    TRIMTAB_TRY(const double scaleX, scaleOf(call, 1));
    if (!isFloatingPoint(call.tensor(4).type())) return refuse(call, "the weight's scale must be of a floating type");
    TRIMTAB_TRY(const Parameter scaleW, Parameter::make(call, 4, sums.shape(), 1, 1));
    TRIMTAB_TRY(Tensor values, Tensor::allocate(DataType::Float64, sums.shape()));
    const auto to = values.mutableData<double>();
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i] = static_cast<double>(sums.data<std::int64_t>()[i]) * scaleX * scaleW.at(static_cast<std::int64_t>(i));
    return codesOf(call, values, 6, 7, call.tensor(7).type());
}

Result<Values> qLinearConv(const Call& call) {
    TRIMTAB_TRY(Tensor out, linearConv(call, call.tensor(0)));
    return one(std::move(out));
}

/// With channels_last, x and the result are [N, d…, C]; the weight stays [O, C/g, k…].
Result<Values> layoutQLinearConv(const Call& call) {
    if (call.node.integer("channels_last", 0) == 0) return qLinearConv(call);
    const Tensor& x = call.tensor(0);
    if (!isByteCode(x.type()) || x.shape().rank() < 3)
        return refuse(call, "the input must be 8-bit codes with batch, spatial and channel axes");
    TRIMTAB_TRY(const Tensor first, channelsFirst(x));
    TRIMTAB_TRY(const Tensor y, linearConv(call, first));
    TRIMTAB_TRY(Tensor out, channelsLast(y));
    return one(std::move(out));
}

}  // namespace

void registerIntegerConvolution(Registry& registry) {
    registry.add("ConvInteger", 10, {2, 4, 1}, convInteger);
    registry.add("QLinearConv", 10, {8, 9, 1}, qLinearConv);
    registry.add("QLinearConv", 1, {8, 9, 1}, layoutQLinearConv, "com.microsoft");
}

}  // namespace trimtab::ref
