// Products in bfloat16 with sums in fp32. Chains of such nodes hand bfloat16 from one to the next: the consumer would round to it anyway.
#include <algorithm>

#include "kernels/cpu/implementations/convolution.h"
#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/matmul.h"
#include "kernels/plan/operands/weight_words.h"

namespace trimtab::cpu {
namespace {

runtime::Support judgeBfloat(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.compute != graph::ComputeType::BFloat16 || view.type(0) != DataType::Float32) return notMeant();
    if (treatment.activationBits != 32) return refused("bfloat16 products take no 8-bit activations");
    if (treatment.kvBits < 32) return refused("bfloat16 products read no keys and values of few bits");
    if (!onednn::hasBfloat16Products() && !onednn::emulatesBfloat16()) return refused("this processor has no bfloat16 products");
    if (!onednn::hasBfloat16Products()) return emulated("this processor has no bfloat16 products; oneDNN imitates them in fp32");
    if (treatment.weightBits == 16 && !treatment.weightsBfloat)
        return emulated("no kernel multiplies float16 weights in bfloat16; they are held as bfloat16");
    if (treatment.weightBits < 16)
        return emulated("no kernel multiplies " + plan::weightWords(view) + " weights in bfloat16");
    return native();
}

/// BFloat16 when every reader of the output multiplies in bfloat16.
DataType resultType(const NodeView& view) {
    const graph::ValueId output = view.node.output(0);
    if (view.graph.isOutput(output)) return DataType::Float32;
    for (const graph::Node& node : view.graph.nodes) {
        if (std::find(node.inputs.begin(), node.inputs.end(), output) == node.inputs.end()) continue;
        // A bias is read in fp32; Gemm is left out because only its weight products are taken.
        const bool takesBfloat = hasTreatedOperands(node) && !node.is("Gemm") && node.input(2) != output &&
                                 judgeBfloat(NodeView{view.graph, node}).level != runtime::Support::Level::Refused;
        if (!takesBfloat) return DataType::Float32;
    }
    return DataType::BFloat16;
}

}  // namespace

runtime::Support judgeBfloatConvolution(const NodeView& view) {
    const runtime::Support support = judgeBfloat(view);
    if (support.level == runtime::Support::Level::Refused) return support;
    const int rank = view.rank(0);
    if (rank >= 0 && (rank < 3 || rank > 5)) return refused("oneDNN convolves over one to three axes");
    if (!view.value(1).isConstant()) return refused("its weight is not constant");
    return support;
}

Status placeBfloatConvolution(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const ConvolutionShape shape, convolutionShape(view));
    ConvolutionTypes types;
    types.source = DataType::BFloat16;
    types.weights = DataType::BFloat16;
    types.destination = resultType(view);
    TRIMTAB_TRY(const ChosenConvolution chosen, chooseConvolution(shape, view, types, false));
    const auto& primitive = chosen.primitive;

    TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(0), Form{DataType::BFloat16, chosen.layout}));
    TRIMTAB_TRY(const Tensor weight, unroundedWeight(builder, view, 1));
    TRIMTAB_TRY(const SlotId weights,
                onednn::packed(builder, weight, onednn::describe(Shape(shape.weightDims()), DataType::Float32), primitive.weights));
    std::vector<onednn::Argument> arguments{{DNNL_ARG_SRC, primitive.source, source, false},
                                            {DNNL_ARG_WEIGHTS, primitive.weights, weights, false}};
    if (shape.hasBias) {
        TRIMTAB_TRY(const SlotId bias, builder.read(view.node.input(2)));
        arguments.push_back({DNNL_ARG_BIAS, primitive.bias, bias, false});
    }
    TRIMTAB_TRY(const SlotId result, convolutionResult(builder, view, shape, Form{types.destination, chosen.layout}, source));
    arguments.push_back({DNNL_ARG_DST, primitive.destination, result, true});
    recordTreatment(builder, view);
    builder.record().kernel = "onednn conv bf16 " + primitive.name;
    return onednn::place(builder, primitive, std::move(arguments));
}

runtime::Support judgeBfloatMatMul(const NodeView& view) {
    const runtime::Support support = judgeBfloat(view);
    std::string reason;
    if (support.level == runtime::Support::Level::Refused) return support;
    if (!view.value(1).isConstant()) return notMeant();  // the batched product's business
    return isFloatWeightProduct(view, &reason) ? support : refused(reason);
}

Status placeBfloatMatMul(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const WeightProduct product, weightProduct(view));
    const DataType type = resultType(view);
    const bool outputsFirst = product.layout == tensor::WeightLayout::OutputsFirst;
    const onednn::Dims dims{product.k, product.n};
    onednn::Attributes attributes;
    if (product.relu) attributes.postOps.push_back({onednn::PostOp::Kind::Relu, 0, 0, {}});
    std::optional<onednn::Desc> bias;
    if (product.bias != graph::kNoValue) bias = onednn::describe(Shape{1, product.n}, DataType::Float32);
    TRIMTAB_TRY(const auto primitive, onednn::matMul(onednn::describe(Shape{product.m, product.k}, DataType::BFloat16),
                                                     onednn::anyLayout(dims, DataType::BFloat16), bias,
                                                     onednn::describe(Shape{product.m, product.n}, type), attributes));
    if (primitive.isPlainReference()) return fail(ErrorCode::Unsupported, "oneDNN has no vectorised kernel for it");

    const Form plain{DataType::BFloat16, Layout::Plain};
    TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(0), plain));
    TRIMTAB_TRY(const Tensor weight, unroundedWeight(builder, view, 1));
    const auto own = onednn::describe(dims, DataType::Float32, outputsFirst ? onednn::Dims{1, product.k} : onednn::Dims{product.n, 1});
    TRIMTAB_TRY(const SlotId weights, onednn::packed(builder, weight, own, primitive.weights));
    std::vector<onednn::Argument> arguments{{DNNL_ARG_SRC, primitive.source, source, false},
                                            {DNNL_ARG_WEIGHTS, primitive.weights, weights, false}};
    if (bias) {
        TRIMTAB_TRY(const SlotId slot, readBias(builder, view, product));
        arguments.push_back({DNNL_ARG_BIAS, *bias, slot, false});
    }
    arguments.push_back({DNNL_ARG_DST, primitive.destination, builder.write(view.node.output(0), Form{type, Layout::Plain}), true});
    recordTreatment(builder, view);
    builder.record().kernel = "onednn matmul bf16 " + primitive.name;
    return onednn::place(builder, primitive, std::move(arguments));
}

runtime::Support judgeBfloatBatched(const NodeView& view) {
    if (!view.node.is("MatMul") || view.type(1) != DataType::Float32 || view.quantized(1)) return notMeant();
    return judgeBfloat(view);
}

Status placeBfloatBatched(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const BatchedProduct product, batchedProduct(view));
    const DataType type = resultType(view);
    const auto source = onednn::describe(product.left, DataType::BFloat16);
    const auto weights = onednn::describe(product.right, DataType::BFloat16);
    const auto destination = onednn::describe(product.result, type);
    TRIMTAB_TRY(const auto primitive, onednn::matMul(source, weights, std::nullopt, destination, {}));
    if (primitive.isPlainReference()) return fail(ErrorCode::Unsupported, "oneDNN has no vectorised kernel for it");
    const Form plain{DataType::BFloat16, Layout::Plain};
    TRIMTAB_TRY(const SlotId left, builder.read(view.node.input(0), plain));
    TRIMTAB_TRY(const SlotId right, builder.read(view.node.input(1), plain));
    recordTreatment(builder, view);
    builder.record().kernel = "onednn matmul bf16 " + primitive.name;
    return onednn::place(builder, primitive,
                         {{DNNL_ARG_SRC, source, left, false},
                          {DNNL_ARG_WEIGHTS, weights, right, false},
                          {DNNL_ARG_DST, destination, builder.write(view.node.output(0), Form{type, Layout::Plain}), true}});
}

}  // namespace trimtab::cpu
