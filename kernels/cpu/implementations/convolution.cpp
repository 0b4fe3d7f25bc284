#include "kernels/cpu/implementations/convolution.h"

#include "kernels/cpu/implementations/activation.h"
#include "kernels/cpu/implementations/emulation.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/reorder.h"

namespace trimtab::cpu {

onednn::Dims ConvolutionShape::weightDims() const {
    onednn::Dims dims;
    if (groups > 1) dims = {groups, weight[0] / groups};
    else dims = {weight[0]};
    for (int axis = 1; axis < weight.rank(); ++axis) dims.push_back(weight[axis]);
    return dims;
}

Result<ConvolutionShape> convolutionShape(const NodeView& view) {
    ConvolutionShape shape;
    shape.input = view.shape(0);
    shape.weight = view.quantized(1) ? view.quantized(1)->originalShape : view.shape(1);
    shape.output = view.outputShape();
    shape.groups = view.node.integer("group", 1);
    shape.hasBias = view.has(2);
    shape.hasResidual = view.has(3);
    if (shape.input.rank() != shape.weight.rank() || shape.groups < 1 || shape.weight[0] % shape.groups != 0) {
        return fail(ErrorCode::Unsupported, "its weight does not fit its input");
    }
    if (shape.input.elementCount() == 0 || shape.output.elementCount() == 0) return fail(ErrorCode::Unsupported, "it convolves nothing");
    if (shape.hasResidual && view.shape(3) != shape.output) return fail(ErrorCode::Unsupported, "its residual has another shape");
    const std::vector<std::int64_t> kernel(shape.weight.begin() + 2, shape.weight.end());
    TRIMTAB_TRY(shape.window, windowOf(view.node, kernel, shape.input, shape.output));
    return shape;
}

Result<ChosenConvolution> chooseConvolution(const ConvolutionShape& shape, const NodeView& view, const ConvolutionTypes& types,
                                            bool acceptPlain) {
    onednn::Attributes attributes;
    attributes.postOps = types.scaling;
    attributes.sourceZeroPoint = types.sourceZeroPoint;
    if (shape.hasResidual) attributes.postOps.push_back({onednn::PostOp::Kind::Sum, 0, 0, {}});
    if (types.takesActivation) TRIMTAB_REQUIRE(appendActivation(view.node, attributes));

    const auto dims = shape.weightDims();
    const auto weights = types.weightsArePlain ? onednn::describe(Shape(dims), types.weights) : onednn::anyLayout(dims, types.weights);
    std::optional<onednn::Desc> bias;
    if (shape.hasBias && types.takesBias) bias = onednn::describe(Shape{shape.weight[0]}, DataType::Float32);

    Result<ChosenConvolution> best = fail(ErrorCode::Unsupported, "oneDNN has no kernel for it");
    for (const Layout layout : {Layout::ChannelsLast, Layout::Plain}) {
        auto primitive =
            onednn::convolution(onednn::describe(shape.input, types.source, layout), weights, bias,
                                onednn::describe(shape.output, types.destination, layout), forOnednn(shape.window), attributes);
        if (!primitive) {
            if (!best) best = fail(primitive.error());
            continue;
        }
        if (!primitive->isPlainReference()) return ChosenConvolution{std::move(*primitive), layout};
        if (!best && acceptPlain) best = ChosenConvolution{std::move(*primitive), layout};
    }
    if (!best && best.error().code == ErrorCode::Unsupported && !acceptPlain)
        return fail(ErrorCode::Unsupported, "oneDNN has no vectorised kernel for it");
    return best;
}

Result<SlotId> convolutionResult(Builder& builder, const NodeView& view, const ConvolutionShape& shape, Form form, SlotId source) {
    const graph::ValueId output = view.node.output(0);
    if (!shape.hasResidual) return builder.write(output, form);
    TRIMTAB_TRY(const SlotId residual, builder.read(view.node.input(3), form));
    if (builder.mayOverwrite(residual) && builder.rootOf(residual) != builder.rootOf(source))
        return builder.writeOver(output, form, residual);
    const SlotId result = builder.write(output, form);
    placeCopy(builder, residual, result, *tensor::byteSize(form.type, shape.output.elementCount()));
    return result;
}

runtime::Support judgeConvolution(const NodeView& view) {
    if (view.type(0) != DataType::Float32) return notMeant();
    const int rank = view.rank(0);
    if (rank >= 0 && (rank < 3 || rank > 5)) return refusedOrImitatedElsewhere(view, "oneDNN convolves over one to three axes");
    if (view.has(2) && view.type(2) != DataType::Float32) return refusedOrImitatedElsewhere(view, "its bias is not float32");
    return judgeEmulation(view);
}

Status placeConvolution(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const ConvolutionShape shape, convolutionShape(view));
    ConvolutionTypes types;
    types.weightsArePlain = !view.value(1).isConstant();
    TRIMTAB_TRY(const ChosenConvolution chosen, chooseConvolution(shape, view, types, true));
    const auto& primitive = chosen.primitive;
    const Form form{DataType::Float32, chosen.layout};

    TRIMTAB_TRY(const SlotId source, readAsTreated(builder, view, 0, chosen.layout));
    SlotId weights = kNoSlot;
    if (types.weightsArePlain) {
        TRIMTAB_TRY(weights, readAsTreated(builder, view, 1));
    } else {
        TRIMTAB_TRY(const Tensor weight, treatedWeight(builder, view, 1));
        TRIMTAB_TRY(weights,
                    onednn::packed(builder, weight, onednn::describe(Shape(shape.weightDims()), DataType::Float32), primitive.weights));
    }
    std::vector<onednn::Argument> arguments{{DNNL_ARG_SRC, primitive.source, source, false},
                                            {DNNL_ARG_WEIGHTS, primitive.weights, weights, false}};
    if (shape.hasBias) {
        TRIMTAB_TRY(const SlotId bias, builder.read(view.node.input(2)));
        arguments.push_back({DNNL_ARG_BIAS, primitive.bias, bias, false});
    }
    TRIMTAB_TRY(const SlotId result, convolutionResult(builder, view, shape, form, source));
    arguments.push_back({DNNL_ARG_DST, primitive.destination, result, true});
    recordTreatment(builder, view);
    builder.record().kernel = "onednn conv " + primitive.name;
    return onednn::place(builder, primitive, std::move(arguments));
}

runtime::Support judgeTransposedConvolution(const NodeView& view) {
    if (view.type(0) != DataType::Float32) return notMeant();
    if (!view.constant(1)) return refused("its weight is not constant");
    for (const std::int64_t extra : view.node.integers("output_padding")) {
        if (extra != 0) return refused("it pads its output");
    }
    if (view.node.string("auto_pad", "NOTSET") != "NOTSET" || view.node.has("output_shape"))
        return refused("its padding follows from its output");
    return native();
}

Status placeTransposedConvolution(Builder& builder, const NodeView& view) {
    const Shape input = view.shape(0);
    const Shape output = view.outputShape();
    const Shape weight = view.shape(1);  // [inputs, outputs / groups, kernel…]
    const std::int64_t groups = view.node.integer("group", 1);
    const int rank = input.rank();
    if (rank < 3 || rank > 5 || weight.rank() != rank || groups < 1 || weight[0] % groups != 0)
        return fail(ErrorCode::Unsupported, "its weight does not fit its input");
    if (input.elementCount() == 0 || output.elementCount() == 0) return fail(ErrorCode::Unsupported, "it convolves nothing");
    const auto axes = static_cast<std::size_t>(rank - 2);
    onednn::Window window;
    window.strides = view.node.integers("strides", std::vector<std::int64_t>(axes, 1));
    window.dilations = view.node.integers("dilations", std::vector<std::int64_t>(axes, 1));
    const auto pads = view.node.integers("pads", std::vector<std::int64_t>(2 * axes, 0));
    if (window.strides.size() != axes || window.dilations.size() != axes || pads.size() != 2 * axes) {
        return fail(ErrorCode::Unsupported, "its window has another number of axes than its input");
    }
    for (auto& dilation : window.dilations) --dilation;
    window.padBegin.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(axes));
    window.padEnd.assign(pads.begin() + static_cast<std::ptrdiff_t>(axes), pads.end());

    // oneDNN names outputs before inputs; the strides say that the file has them the other way round.
    onednn::Dims dims{weight[1], weight[0] / groups};
    const auto own = weight.strides();
    onednn::Dims strides{own[1], own[0]};
    for (int axis = 2; axis < rank; ++axis) {
        dims.push_back(weight[axis]);
        strides.push_back(own[static_cast<std::size_t>(axis)]);
    }
    if (groups > 1) {
        dims.insert(dims.begin(), groups);
        strides.insert(strides.begin(), own[0] * (weight[0] / groups));
    }
    std::optional<onednn::Desc> bias;
    if (view.has(2)) bias = onednn::describe(Shape{output[1]}, DataType::Float32);
    const Form form{DataType::Float32, Layout::ChannelsLast};
    TRIMTAB_TRY(const auto primitive,
                onednn::deconvolution(onednn::describe(input, form.type, form.layout), onednn::anyLayout(dims, DataType::Float32), bias,
                                      onednn::describe(output, form.type, form.layout), window));
    TRIMTAB_TRY(const SlotId source, builder.read(view.node.input(0), form));
    TRIMTAB_TRY(const SlotId weights,
                onednn::packed(builder, *view.constant(1), onednn::describe(dims, DataType::Float32, strides), primitive.weights));
    std::vector<onednn::Argument> arguments{{DNNL_ARG_SRC, primitive.source, source, false},
                                            {DNNL_ARG_WEIGHTS, primitive.weights, weights, false}};
    if (bias) {
        TRIMTAB_TRY(const SlotId slot, builder.read(view.node.input(2)));
        arguments.push_back({DNNL_ARG_BIAS, primitive.bias, slot, false});
    }
    arguments.push_back({DNNL_ARG_DST, primitive.destination, builder.write(view.node.output(0), form), true});
    builder.record().kernel = "onednn deconv " + primitive.name;
    return onednn::place(builder, primitive, std::move(arguments));
}

}  // namespace trimtab::cpu
