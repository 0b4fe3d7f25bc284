// Convolutions and pools over one or two spatial axes.
#include <limits>
#include <optional>

#include "kernels/cuda/forms.h"
#include "kernels/cuda/implementations/products.h"
#include "kernels/plan/operands/treated.h"
#include "kernels/plan/operands/window.h"
#include "kernels/plan/operands/weight_words.h"

namespace trimtab::cuda {
namespace {

std::optional<Activation> activationOf(const graph::Node& node) {
    const std::string word = node.string("activation", "");
    if (word.empty()) return Activation::None;
    if (word == "Relu") return Activation::Relu;
    if (word == "Sigmoid") return Activation::Sigmoid;
    if (word == "Clip") return Activation::Clip;
    return std::nullopt;
}

Window window(const plan::SpatialWindow& from) {
    const auto number = [](std::int64_t value) { return static_cast<int>(value); };
    const std::size_t last = from.kernel.size() - 1;
    Window made;
    made.kernelW = number(from.kernel[last]);
    made.strideW = number(from.strides[last]);
    made.dilationW = number(from.dilations[last]);
    made.padLeft = number(from.padBegin[last]);
    if (last == 0) return made;
    made.kernelH = number(from.kernel[0]);
    made.strideH = number(from.strides[0]);
    made.dilationH = number(from.dilations[0]);
    made.padTop = number(from.padBegin[0]);
    return made;
}

/// Height of an image whose one spatial axis is its width is 1.
std::int64_t heightOf(const Shape& shape) { return shape.rank() == 4 ? shape[2] : 1; }

Result<Convolution> convolutionOf(const NodeView& view, DataType type) {
    const Shape input = view.shape(0);
    const Shape weight = view.quantized(1) ? view.quantized(1)->originalShape : view.shape(1);
    const Shape output = view.outputShape();
    if (input.rank() < 3 || input.rank() > 4) return fail(ErrorCode::Unsupported, "kernels here convolve over one or two axes");
    if (weight.rank() != input.rank()) return fail(ErrorCode::Unsupported, "its weight does not fit its input");
    if (input.elementCount() == 0 || output.elementCount() == 0) return fail(ErrorCode::Unsupported, "it convolves nothing");
    for (const std::int64_t extent : {input.elementCount(), output.elementCount()})
        if (extent > std::numeric_limits<std::int32_t>::max()) return fail(ErrorCode::Unsupported, "it has more than 2^31 elements");
    const std::vector<std::int64_t> kernel(weight.begin() + 2, weight.end());
    TRIMTAB_TRY(const plan::SpatialWindow settled, plan::windowOf(view.node, kernel, input, output));
    Convolution c;
    c.type = type;
    c.batch = input[0];
    c.channels = input[1];
    c.height = heightOf(input);
    c.width = input[input.rank() - 1];
    c.outChannels = output[1];
    c.outHeight = heightOf(output);
    c.outWidth = output[output.rank() - 1];
    c.groups = view.node.integer("group", 1);
    c.window = window(settled);
    if (c.groups < 1 || weight[1] * c.groups != c.channels || weight[0] != c.outChannels || c.outChannels % c.groups != 0)
        return fail(ErrorCode::Unsupported, "its weight does not fit its input");
    const auto activation = activationOf(view.node);
    if (!activation) return fail(ErrorCode::Unsupported, "its activation has no kernel");
    c.activation = *activation;
    c.low = view.node.number("min", -std::numeric_limits<float>::infinity());
    c.high = view.node.number("max", std::numeric_limits<float>::infinity());
    if (view.has(3) && view.shape(3) != output) return fail(ErrorCode::Unsupported, "its residual has another shape");
    return c;
}

/// The weight [O, C/g, kH, kW] as `type`, as it is stored in the file.
Result<PlacedWeight> placeFilter(Builder& builder, const NodeView& view, const Convolution& c, DataType type) {
    plan::WeightProduct asRows;
    asRows.n = c.outChannels;
    asRows.k = (c.channels / c.groups) * c.window.kernelH * c.window.kernelW;
    asRows.layout = tensor::WeightLayout::OutputsFirst;
    return placeRows(builder, view, asRows, type);
}

}  // namespace

runtime::Support judgeConvolution(const NodeView& view) {
    if (!isFloat(view.type(0)) || !view.value(1).isConstant()) return plan::notMeant();
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.activationBits < 32) return plan::refused("integer convolutions of these widths have no kernel");
    if (treatment.compute == graph::ComputeType::Float8) return plan::refused("fp8 convolutions have no kernel");
    if (treatment.compute == graph::ComputeType::Int8) return plan::refused("integer convolutions of these widths have no kernel");
    if (treatment.weightBits < 16)
        return plan::emulated("no kernel convolves with " + plan::weightWords(view) + " weights; they are widened before");
    return plan::native();
}

Status placeConvolution(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const DataType type = productType(view.node, view.type(0));
    TRIMTAB_TRY(const Convolution c, convolutionOf(view, type));
    const bool tf32 = view.node.treatment.compute == graph::ComputeType::Tf32;
    const auto own = ownConvolutionLibrary(backend.tools().device);
    auto prepared = backend.tools().convolutions->prepare(c, tf32);
    if (!prepared && !tf32) prepared = own->prepare(c, false);
    if (!prepared) return fail(ErrorCode::Unsupported, prepared.error().message);
    TRIMTAB_TRY(const PlacedWeight weight, placeFilter(builder, view, c, type));
    const Form form{type, Layout::Plain};
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), form));
    TRIMTAB_TRY(const SlotId bias, placeBias(builder, view, view.node.input(2), c.outChannels, DataType::Float32));
    std::vector<SlotId> reads{x};
    SlotId residual = kNoSlot;
    if (view.has(3)) {
        TRIMTAB_TRY(residual, builder.read(view.node.input(3), form));
        reads.push_back(residual);
    }
    const SlotId y = builder.write(view.node.output(0), form);
    plan::recordTreatment(builder, view);
    builder.record().weightBytes = weight.bytes;
    builder.record().kernel = (*prepared)->kernel();
    builder.step(
        [=, convolution = *prepared](Frame& frame) {
            return convolution->run(frame.at<void>(x), frame.at<void>(weight.values), at<float>(frame, bias), at<void>(frame, residual),
                                    frame.at<void>(y));
        },
        reads, {y});
    return {};
}

runtime::Support judgeIntegerConvolution(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.compute != graph::ComputeType::Int8) return plan::notMeant();
    if (!isFloat(view.type(0))) return plan::notMeant();
    const tensor::QuantizedWeight* codes = view.quantized(1);
    if (!codes || treatment.activationBits != 8) return plan::refused("integer convolutions need 8-bit weights and activations");
    if (treatment.scalesEachToken()) return plan::refused("a convolution has no tokens that could have scales of their own");
    if (codes->format != tensor::CodeFormat::Integer)
        return plan::refused("integer convolutions need integer weights, not " + plan::weightWords(view));
    if (codes->bits != 8) return plan::refused("no kernel forms integer products with " + std::to_string(codes->bits) + "-bit weights");
    if (!codes->symmetric || codes->group != codes->columns)
        return plan::refused("integer products need symmetric weights with one scale for each output");
    if (view.node.integer("group", 1) != 1) return plan::refused("integer convolutions in groups have no kernel");
    return plan::native();
}

// Columns are padded to what the library multiplies.
LibraryProduct productOfPatches(const Convolution& c) {
    LibraryProduct product;
    product.m = c.batch * c.outHeight * c.outWidth;
    product.n = c.outChannels;
    product.k = (c.channels * c.window.kernelH * c.window.kernelW + 15) / 16 * 16;
    product.input = DataType::Int8;
    product.output = DataType::Int32;
    product.arithmetic = Arithmetic::Integer;
    return product;
}

IntegerEpilogue epilogueOf(const Convolution& c, DataType outputType) {
    IntegerEpilogue epilogue;
    epilogue.channelsFirst = c.outHeight * c.outWidth;
    epilogue.m = c.batch * epilogue.channelsFirst;
    epilogue.n = c.outChannels;
    epilogue.outputType = outputType;
    epilogue.activation = c.activation;
    epilogue.low = c.low;
    epilogue.high = c.high;
    return epilogue;
}

// Patches are gathered as numbers (padding is 0), then turned into codes under the range of the whole activation, and multiplied as a
// matrix.
Status placeIntegerConvolution(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const DataType type = builder.formOf(view.node.input(0)).type;
    TRIMTAB_TRY(const Convolution c, convolutionOf(view, type));
    const std::int64_t columns = c.channels * c.window.kernelH * c.window.kernelW;
    const LibraryProduct product = productOfPatches(c);
    TRIMTAB_TRY(const auto library, backend.tools().products->prepare(product));
    TRIMTAB_TRY(const IntegerWeight weight, placeIntegerWeight(builder, view));
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), Form{type, Layout::Plain}));
    TRIMTAB_TRY(const SlotId bias, placeBias(builder, view, view.node.input(2), c.outChannels, DataType::Float32));
    const IntegerEpilogue epilogue = epilogueOf(c, backend.held(view.node.output(0)));
    const Form form{epilogue.outputType, Layout::Plain};
    SlotId residual = kNoSlot;
    std::vector<SlotId> reads{x};
    if (view.has(3)) {
        TRIMTAB_TRY(residual, builder.read(view.node.input(3), form));
        reads.push_back(residual);
    }
    const int width = bitWidth(type) / 8;
    const bool pointwise = c.window.kernelH * c.window.kernelW == 1;
    const SlotId patches = builder.scratch(product.m * columns * width);
    const SlotId codes = builder.scratch(product.m * weight.pitch);
    const auto& step = view.node.treatment.activationStep;
    const bool isFixed = step.has_value();
    SlotId parameters = kNoSlot;
    if (step) {
        TRIMTAB_TRY(parameters, placeQuantizationParameters(builder, *step));
        reads.push_back(parameters);
    } else {
        parameters = builder.scratch(2 * sizeof(float));
    }
    const SlotId partials = builder.scratch(2 * 1024 * sizeof(float));
    const SlotId sums = builder.scratch(product.m * product.n * 4);
    const SlotId y = builder.write(view.node.output(0), form);
    plan::recordTreatment(builder, view);
    builder.record().weightBytes = product.n * weight.pitch;
    builder.record().kernel = std::string(pointwise ? "int8 " : "patches, int8 ") + library->kernel() + (step ? ", static step" : "");
    builder.step(
        [=, stream = backend.stream()](Frame& frame) -> Status {
            const std::int64_t count = c.batch * c.channels * c.height * c.width;
            if (!isFixed)
                TRIMTAB_REQUIRE(launchQuantizationParameters(stream, type, count, frame.at<void>(x), frame.at<float>(partials),
                                                             frame.at<float>(parameters)));
            TRIMTAB_REQUIRE(launchImageToColumns(stream, c, 0, width, 0, frame.at<void>(x), frame.at<void>(patches)));
            TRIMTAB_REQUIRE(launchQuantize(stream, type, product.m, columns, weight.pitch, frame.at<void>(patches),
                                           frame.at<float>(parameters), frame.at<std::int8_t>(codes)));
            LibraryOperands operands;
            operands.x = frame.at<void>(codes);
            operands.w = frame.at<void>(weight.codes);
            operands.y = frame.at<void>(sums);
            TRIMTAB_REQUIRE(library->run(operands));
            return launchIntegerEpilogue(stream, epilogue, frame.at<std::int32_t>(sums), frame.at<float>(parameters),
                                         frame.at<std::int32_t>(weight.rowSums), frame.at<float>(weight.scales), at<float>(frame, bias),
                                         at<void>(frame, residual), frame.at<void>(y));
        },
        reads,
        isFixed ? std::vector<SlotId>{patches, codes, partials, sums, y}
                : std::vector<SlotId>{patches, codes, parameters, partials, sums, y});
    return {};
}

runtime::Support judgePool(const NodeView& view) {
    if (!isFloat(view.type(0))) return plan::notMeant();
    if (view.node.output(1) != graph::kNoValue) return plan::refused("its indices are read");
    if (view.node.op == "AveragePool" && view.node.integer("count_include_pad", 0) != 0 && view.node.integer("ceil_mode", 0) != 0)
        return plan::refused("how padding counts under ceil_mode differs");
    return plan::native();
}

Status placePool(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const Shape input = view.shape(0);
    const Shape output = view.outputShape();
    if (input.rank() < 3 || input.rank() > 4) return fail(ErrorCode::Unsupported, "kernels here pool over one or two axes");
    if (input.elementCount() == 0 || output.elementCount() == 0) return fail(ErrorCode::Unsupported, "it pools nothing");
    const auto kernel = view.node.integers("kernel_shape");
    if (static_cast<int>(kernel.size()) != input.rank() - 2)
        return fail(ErrorCode::Unsupported, "its window has another number of axes than its input");
    TRIMTAB_TRY(const plan::SpatialWindow settled, plan::windowOf(view.node, kernel, input, output));
    for (std::size_t i = 0; i < kernel.size(); ++i)
        if (settled.padBegin[i] >= kernel[i] || settled.padEnd[i] >= kernel[i])
            return fail(ErrorCode::Unsupported, "its padding is as wide as its window");
    Pool pool;
    pool.kind = view.node.op == "MaxPool"                        ? Pool::Kind::Max
                : view.node.integer("count_include_pad", 0) != 0 ? Pool::Kind::AverageCountingPadding
                                                                 : Pool::Kind::Average;
    pool.type = backend.held(view.node.output(0));
    pool.planes = input[0] * input[1];
    pool.height = heightOf(input);
    pool.width = input[input.rank() - 1];
    pool.outHeight = heightOf(output);
    pool.outWidth = output[output.rank() - 1];
    pool.window = window(settled);
    pool.padRight = static_cast<int>(settled.padEnd.back());
    if (kernel.size() == 2) pool.padBottom = static_cast<int>(settled.padEnd[0]);
    const Form form{pool.type, Layout::Plain};
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), form));
    const SlotId y = builder.write(view.node.output(0), form);
    builder.step([=, stream = backend.stream()](Frame& frame) { return launchPool(stream, pool, frame.at<void>(x), frame.at<void>(y)); },
                 {x}, {y});
    return {};
}

}  // namespace trimtab::cuda
