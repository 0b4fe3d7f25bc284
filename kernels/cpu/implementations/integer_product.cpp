// Integer products: unsigned 8-bit activations, quantised while running, times signed 8-bit weights, summed in int32:
//   y[o] = (Σ (q − zero) · code[o]) · scale_x · scale_w[o] + bias[o], then residual and activation.
// oneDNN subtracts the zero point (in padding too) and applies the scales as a per-channel factor that is written just before it runs.
#include "kernels/cpu/implementations/activation.h"
#include "kernels/cpu/implementations/convolution.h"
#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/integer_operands.h"
#include "kernels/cpu/implementations/matmul.h"
#include "kernels/cpu/implementations/quantized_activation.h"

namespace trimtab::cpu {
namespace {

runtime::Support judgeInteger(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.compute != graph::ComputeType::Int8) return notMeant();
    const tensor::QuantizedWeight* codes = view.quantized(1);
    if (!codes || treatment.activationBits != 8) return refused("integer products need 8-bit weights and activations");
    if (codes->bits != 8) return refused("no kernel forms integer products with " + std::to_string(codes->bits) + "-bit weights");
    if (!codes->symmetric || codes->group != codes->columns)
        return refused("integer products need symmetric weights with one scale for each output");
    if (!onednn::hasInt8Products()) return refused("this processor has no VNNI: its 8-bit sums would saturate");
    return native();
}

SlotId weightScales(Builder& builder, const NodeView& view) {
    const auto& scales = view.quantized(1)->scales;
    return builder.fixedBytes(scales.data(), static_cast<std::int64_t>(scales.size() * sizeof(float)));
}

}  // namespace

runtime::Support judgeIntegerConvolution(const NodeView& view) {
    const int rank = view.rank(0);
    if (rank >= 0 && (rank < 3 || rank > 5)) return refused("oneDNN convolves over one to three axes");
    return judgeInteger(view);
}

Status placeIntegerConvolution(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const ConvolutionShape shape, convolutionShape(view));
    ConvolutionTypes types;
    types.source = DataType::UInt8;
    types.weights = DataType::Int8;
    types.sourceZeroPoint = true;
    types.takesBias = false;
    types.scaling = scaling(shape.weight[0], shape.output.rank(), 1, shape.hasBias);
    TRIMTAB_TRY(const ChosenConvolution chosen, chooseConvolution(shape, view, types, false));
    const auto& primitive = chosen.primitive;

    TRIMTAB_TRY(const QuantizedActivation activation, readQuantized(builder, view.node.input(0), chosen.layout));
    const Tensor codes = codesOf(view, shape.weightDims());
    TRIMTAB_TRY(const SlotId weights,
                onednn::packed(builder, codes, onednn::describe(Shape(shape.weightDims()), DataType::Int8), primitive.weights));
    const SlotId scales = placeOutputScales(builder, weightScales(builder, view), shape.weight[0], activation);
    SlotId bias = kNoSlot;
    if (shape.hasBias) {
        TRIMTAB_TRY(bias, builder.read(view.node.input(2)));
    }
    auto bound = integerArguments(primitive, types.scaling, {activation.codes, weights, activation.zeroPoint, scales, bias});
    TRIMTAB_TRY(const SlotId result, convolutionResult(builder, view, shape, Form{DataType::Float32, chosen.layout}, activation.codes));
    bound.push_back({DNNL_ARG_DST, primitive.destination, result, true});
    recordTreatment(builder, view);
    builder.record().kernel = "onednn conv u8s8 " + primitive.name;
    return onednn::place(builder, primitive, std::move(bound));
}

runtime::Support judgeIntegerMatMul(const NodeView& view) {
    const runtime::Support support = judgeInteger(view);
    std::string reason;
    if (support.level != runtime::Support::Level::Refused && !isFloatWeightProduct(view, &reason)) return refused(reason);
    return support;
}

Status placeIntegerMatMul(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const WeightProduct product, weightProduct(view));
    const bool hasBias = product.bias != graph::kNoValue;
    onednn::Attributes attributes;
    attributes.sourceZeroPoint = true;
    attributes.postOps = scaling(product.n, 2, 1, hasBias);
    if (product.relu) attributes.postOps.push_back({onednn::PostOp::Kind::Relu, 0, 0, {}});
    const onednn::Dims dims{product.k, product.n};
    TRIMTAB_TRY(const auto primitive,
                onednn::matMul(onednn::describe(Shape{product.m, product.k}, DataType::UInt8), onednn::anyLayout(dims, DataType::Int8),
                               std::nullopt, onednn::describe(Shape{product.m, product.n}, DataType::Float32), attributes));
    if (primitive.isPlainReference()) return fail(ErrorCode::Unsupported, "oneDNN has no vectorised kernel for it");

    TRIMTAB_TRY(const QuantizedActivation activation, readQuantized(builder, view.node.input(0), Layout::Plain));
    // Codes stand as outputs × reduction whatever the file's orientation was.
    const Tensor codes = codesOf(view, {product.n, product.k});
    TRIMTAB_TRY(const SlotId weights,
                onednn::packed(builder, codes, onednn::describe(dims, DataType::Int8, {1, product.k}), primitive.weights));
    const SlotId scales = placeOutputScales(builder, weightScales(builder, view), product.n, activation);
    TRIMTAB_TRY(const SlotId bias, readBias(builder, view, product));
    auto bound = integerArguments(primitive, attributes.postOps, {activation.codes, weights, activation.zeroPoint, scales, bias});
    bound.push_back({DNNL_ARG_DST, primitive.destination, builder.write(view.node.output(0)), true});
    recordTreatment(builder, view);
    builder.record().kernel = "onednn matmul u8s8 " + primitive.name;
    return onednn::place(builder, primitive, std::move(bound));
}

}  // namespace trimtab::cpu
