// Integer products: unsigned 8-bit activations, quantised while running, times signed 8-bit weights, summed in int32:
//   y[o] = (Σ (q − zero) · code[o]) · scale_x · scale_w[o] + bias[o], then residual and activation.
// oneDNN subtracts the zero point (in padding too) and applies the scales as a per-channel factor that is written just before it runs, or
// is fixed with the plan where the recipe's calibration gave the step.
#include <numeric>

#include "kernels/cpu/implementations/activation.h"
#include "kernels/cpu/implementations/convolution.h"
#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/integer_operands.h"
#include "kernels/cpu/implementations/matmul.h"
#include "kernels/cpu/implementations/quantized_activation.h"
#include "kernels/cpu/vector/parallel.h"
#include "kernels/plan/operands/weight_words.h"

namespace trimtab::cpu {
namespace {

runtime::Support judgeInteger(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.compute != graph::ComputeType::Int8 || treatment.activationGroup > 0) return notMeant();
    const tensor::QuantizedWeight* codes = view.quantized(1);
    if (!codes || treatment.activationBits != 8) return refused("integer products need 8-bit weights and activations");
    if (codes->format != tensor::CodeFormat::Integer)
        return refused("integer products need integer weights, not " + plan::weightWords(view));
    if (codes->bits != 8) return refused("no kernel forms integer products with " + std::to_string(codes->bits) + "-bit weights");
    if (!codes->symmetric || codes->group != codes->columns)
        return refused("integer products need symmetric weights with one scale for each output");
    if (!onednn::hasInt8Products()) return refused("this processor has no VNNI: its 8-bit sums would saturate");
    return native();
}

SlotId placeScales(Builder& builder, const NodeView& view, const QuantizedActivation& activation) {
    const auto& scales = view.quantized(1)->scales;
    if (const auto& step = view.node.treatment.activationStep) return fixedOutputScales(builder, scales, step->scale);
    const SlotId fixed = builder.fixedBytes(scales.data(), static_cast<std::int64_t>(scales.size() * sizeof(float)));
    return placeOutputScales(builder, fixed, static_cast<std::int64_t>(scales.size()), activation);
}

/// Plans that quantise differently are other plans.
std::string howQuantized(const NodeView& view) { return view.node.treatment.activationStep ? ", static step" : ""; }

}  // namespace

runtime::Support judgeIntegerConvolution(const NodeView& view) {
    const runtime::Support support = judgeInteger(view);
    if (support.level == runtime::Support::Level::Refused) return support;
    const int rank = view.rank(0);
    if (rank >= 0 && (rank < 3 || rank > 5)) return refused("oneDNN convolves over one to three axes");
    if (view.node.treatment.activationPerToken) return refused("a convolution has no tokens that could have scales of their own");
    return support;
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

    TRIMTAB_TRY(const QuantizedActivation activation, readQuantized(builder, view.node.input(0), chosen.layout, view.node.treatment));
    const Tensor codes = codesOf(view, shape.weightDims());
    TRIMTAB_TRY(const SlotId weights,
                onednn::packed(builder, codes, onednn::describe(Shape(shape.weightDims()), DataType::Int8), primitive.weights));
    const SlotId scales = placeScales(builder, view, activation);
    SlotId bias = kNoSlot;
    if (shape.hasBias) {
        TRIMTAB_TRY(bias, builder.read(view.node.input(2)));
    }
    auto bound = integerArguments(primitive, types.scaling, {activation.codes, weights, activation.zeroPoint, scales, bias});
    TRIMTAB_TRY(const SlotId result, convolutionResult(builder, view, shape, Form{DataType::Float32, chosen.layout}, activation.codes));
    bound.push_back({DNNL_ARG_DST, primitive.destination, result, true});
    recordTreatment(builder, view);
    builder.record().kernel = "onednn conv u8s8 " + primitive.name + howQuantized(view);
    return onednn::place(builder, primitive, std::move(bound));
}

namespace {

runtime::Support judgeProduct(const NodeView& view) {
    const runtime::Support support = judgeInteger(view);
    std::string reason;
    if (support.level != runtime::Support::Level::Refused && !isFloatWeightProduct(view, &reason)) return refused(reason);
    return support;
}

/// y[m][n] = (sum[m][n] − zero[m] · Σ_k code[n][k]) · scale_x[m] · scale_w[n] + bias[n], then the activation. Exact up to the first scale.
struct RowsBehindSums {
    std::int64_t m = 0, n = 0;
    bool relu = false;

    void finish(const std::int32_t* sums, const std::int32_t* codeSums, const float* weightScales, const float* bias, const float* scales,
                const std::int32_t* zeroPoints, float* y) const {
        parallelRows(m, n, [&](std::int64_t row) {
            const std::int32_t zero = zeroPoints[row];
            const float scale = scales[row];
            const std::int32_t* sum = sums + row * n;
            float* out = y + row * n;
            for (std::int64_t o = 0; o < n; ++o) out[o] = static_cast<float>(sum[o] - zero * codeSums[o]) * (scale * weightScales[o]);
            if (bias)
                for (std::int64_t o = 0; o < n; ++o) out[o] += bias[o];
            if (relu)
                for (std::int64_t o = 0; o < n; ++o) out[o] = out[o] > 0 ? out[o] : 0;
        });
    }
};

std::vector<std::int32_t> codeSums(const tensor::QuantizedWeight& weight) {
    std::vector<std::int32_t> sums;
    for (std::int64_t row = 0; row < weight.rows; ++row) {
        const auto* codes = weight.codes.data() + row * weight.columns;
        sums.push_back(std::accumulate(codes, codes + weight.columns, std::int32_t{0}));
    }
    return sums;
}

}  // namespace

runtime::Support judgeIntegerMatMul(const NodeView& view) {
    return view.node.treatment.activationPerToken ? notMeant() : judgeProduct(view);
}

runtime::Support judgeTokenMatMul(const NodeView& view) {
    return view.node.treatment.activationPerToken ? judgeProduct(view) : notMeant();
}

Status placeTokenMatMul(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const WeightProduct product, weightProduct(view));
    const onednn::Dims dims{product.k, product.n};
    TRIMTAB_TRY(const auto primitive,
                onednn::matMul(onednn::describe(Shape{product.m, product.k}, DataType::UInt8), onednn::anyLayout(dims, DataType::Int8),
                               std::nullopt, onednn::describe(Shape{product.m, product.n}, DataType::Int32), {}));
    if (primitive.isPlainReference()) return fail(ErrorCode::Unsupported, "oneDNN has no vectorised kernel for it");
    TRIMTAB_TRY(const QuantizedRows activation, readQuantizedRows(builder, view.node.input(0), product.m));
    const Tensor codes = codesOf(view, {product.n, product.k});
    TRIMTAB_TRY(const SlotId weights,
                onednn::packed(builder, codes, onednn::describe(dims, DataType::Int8, {1, product.k}), primitive.weights));
    const tensor::QuantizedWeight& weight = *view.quantized(1);
    const SlotId weightScales = builder.fixedBytes(weight.scales.data(), product.n * 4);
    const SlotId sumsOfCodes = builder.constant(Tensor::fromValues<std::int32_t>(DataType::Int32, Shape{product.n}, codeSums(weight)));
    TRIMTAB_TRY(const SlotId bias, readBias(builder, view, product));
    const SlotId sums = builder.scratch(product.m * product.n * 4);
    recordTreatment(builder, view);
    builder.record().kernel = "onednn matmul u8s8 " + primitive.name + ", a step for each token";
    TRIMTAB_REQUIRE(onednn::place(builder, primitive,
                                  {{DNNL_ARG_SRC, primitive.source, activation.codes, false},
                                   {DNNL_ARG_WEIGHTS, primitive.weights, weights, false},
                                   {DNNL_ARG_DST, primitive.destination, sums, true}}));
    const SlotId y = builder.write(view.node.output(0));
    std::vector<SlotId> reads{sums, sumsOfCodes, weightScales, activation.scales, activation.zeroPoints};
    if (bias != kNoSlot) reads.push_back(bias);
    builder.step(
        [=, rows = RowsBehindSums{product.m, product.n, product.relu}](Frame& frame) {
            rows.finish(frame.at<std::int32_t>(sums), frame.at<std::int32_t>(sumsOfCodes), frame.at<float>(weightScales),
                        bias == kNoSlot ? nullptr : frame.at<float>(bias), frame.at<float>(activation.scales),
                        frame.at<std::int32_t>(activation.zeroPoints), frame.at<float>(y));
            return Status{};
        },
        std::move(reads), {y});
    return {};
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

    TRIMTAB_TRY(const QuantizedActivation activation, readQuantized(builder, view.node.input(0), Layout::Plain, view.node.treatment));
    // Codes stand as outputs × reduction whatever the file's orientation was.
    const Tensor codes = codesOf(view, {product.n, product.k});
    TRIMTAB_TRY(const SlotId weights,
                onednn::packed(builder, codes, onednn::describe(dims, DataType::Int8, {1, product.k}), primitive.weights));
    const SlotId scales = placeScales(builder, view, activation);
    TRIMTAB_TRY(const SlotId bias, readBias(builder, view, product));
    auto bound = integerArguments(primitive, attributes.postOps, {activation.codes, weights, activation.zeroPoint, scales, bias});
    bound.push_back({DNNL_ARG_DST, primitive.destination, builder.write(view.node.output(0)), true});
    recordTreatment(builder, view);
    builder.record().kernel = "onednn matmul u8s8 " + primitive.name + howQuantized(view);
    return onednn::place(builder, primitive, std::move(bound));
}

}  // namespace trimtab::cpu
