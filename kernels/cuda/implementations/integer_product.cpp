// int8 · int8 products under the range of the whole activation, or under the step that calibration gave it:
//   y[n] = (Σ (q − zero) · code[n]) · scale_x · scale_w[n] + bias[n]
#include <fmt/format.h>

#include "kernels/cuda/implementations/products.h"
#include "kernels/plan/operands/weight_words.h"

namespace trimtab::cuda {
namespace {

struct SignedCodes {
    SlotId codes = kNoSlot;       // [m, pitch]
    SlotId parameters = kNoSlot;  // scale and zero point
};
struct CodeExtents {
    std::int64_t m = 0, k = 0, pitch = 0;
    DataType type = DataType::Float32;
};

/// Several products of one activation share its codes.
Result<SignedCodes> placeSignedCodes(Builder& builder, graph::ValueId value, const CodeExtents& e, SlotId x,
                                     const std::optional<graph::ActivationStep>& step) {
    const std::string kind = step ? fmt::format("signed codes, {} from {}", step->scale, step->zero) : "signed codes";
    if (const auto* known = builder.derived(value, kind)) return SignedCodes{(*known)[0], (*known)[1]};
    if (step) {
        SignedCodes fixed{builder.scratch(e.m * e.pitch), kNoSlot};
        TRIMTAB_TRY(fixed.parameters, placeQuantizationParameters(builder, *step));
        builder.step(
            [=, stream = backendOf(builder).stream()](Frame& frame) {
                return launchQuantize(stream, e.type, e.m, e.k, e.pitch, frame.at<void>(x), frame.at<float>(fixed.parameters),
                                      frame.at<std::int8_t>(fixed.codes));
            },
            {x, fixed.parameters}, {fixed.codes});
        builder.setDerived(value, kind, {fixed.codes, fixed.parameters});
        return fixed;
    }
    const SignedCodes made{builder.scratch(e.m * e.pitch), builder.scratch(2 * sizeof(float))};
    const SlotId partials = builder.scratch(2 * 1024 * sizeof(float));
    builder.step(
        [=, stream = backendOf(builder).stream()](Frame& frame) -> Status {
            TRIMTAB_REQUIRE(launchQuantizationParameters(stream, e.type, e.m * e.k, frame.at<void>(x), frame.at<float>(partials),
                                                         frame.at<float>(made.parameters)));
            return launchQuantize(stream, e.type, e.m, e.k, e.pitch, frame.at<void>(x), frame.at<float>(made.parameters),
                                  frame.at<std::int8_t>(made.codes));
        },
        {x}, {made.codes, made.parameters, partials});
    builder.setDerived(value, kind, {made.codes, made.parameters});
    return made;
}

}  // namespace

Result<SlotId> placeQuantizationParameters(Builder& builder, const graph::ActivationStep& step) {
    const std::vector<float> parameters{step.scale, static_cast<float>(step.zero - 128)};
    return backendOf(builder).placeConstant(builder, Tensor::fromFloats(Shape{2}, parameters));
}

runtime::Support judgeIntegerProduct(const NodeView& view) {
    const graph::Treatment& treatment = view.node.treatment;
    if (treatment.compute != graph::ComputeType::Int8) return plan::notMeant();
    const runtime::Support support = judgeWeight(view);
    if (support.level == runtime::Support::Level::Refused) return support;
    const tensor::QuantizedWeight* codes = view.quantized(1);
    if (!codes || treatment.activationBits != 8) return plan::refused("integer products need 8-bit weights and activations");
    if (treatment.scalesEachToken()) return plan::refused("no kernel of the GPU gives each token a scale of its own");
    if (codes->format != tensor::CodeFormat::Integer)
        return plan::refused("integer products need integer weights, not " + plan::weightWords(view));
    if (codes->bits != 8) return plan::refused(fmt::format("no kernel forms integer products with {}-bit weights", codes->bits));
    if (!codes->symmetric || codes->group != codes->columns)
        return plan::refused("integer products need symmetric weights with one scale for each output");
    return plan::native();
}

Status placeIntegerProduct(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    TRIMTAB_TRY(const plan::WeightProduct shape, plan::weightProduct(view));
    LibraryProduct product;
    product.m = shape.m;
    product.n = shape.n;
    product.k = (shape.k + 15) / 16 * 16;
    product.input = DataType::Int8;
    product.output = DataType::Int32;
    product.arithmetic = Arithmetic::Integer;
    auto prepared = backend.tools().products->prepare(product);
    std::shared_ptr<BoundProduct> library = prepared ? *prepared : nullptr;
    if (!library && prepared.error().code != ErrorCode::Unsupported) return fail(prepared.error());
    TRIMTAB_TRY(const IntegerWeight weight, placeIntegerWeight(builder, view));
    const DataType type = builder.formOf(view.node.input(0)).type;
    TRIMTAB_TRY(const SlotId x, builder.read(view.node.input(0), Form{type, Layout::Plain}));
    TRIMTAB_TRY(const SlotId bias, placeBias(builder, view, shape.bias, shape.n, DataType::Float32));
    recordWeight(builder, view, shape.n * weight.pitch);
    const Stream stream = backend.stream();
    const std::int64_t pitch = weight.pitch;
    TRIMTAB_TRY(const SignedCodes activation, placeSignedCodes(builder, view.node.input(0), {shape.m, shape.k, weight.pitch, type}, x,
                                                               view.node.treatment.activationStep));
    const SlotId codes = activation.codes;
    const SlotId parameters = activation.parameters;
    const SlotId sums = builder.scratch(shape.m * shape.n * 4);
    IntegerEpilogue epilogue;
    epilogue.m = shape.m;
    epilogue.n = shape.n;
    epilogue.outputType = backend.held(view.node.output(0));
    epilogue.activation = shape.relu ? Activation::Relu : Activation::None;
    const SlotId y = builder.write(view.node.output(0), Form{epilogue.outputType, Layout::Plain});
    builder.record().kernel = "int8 " + (library ? library->kernel() : std::string("own tiles"));
    if (view.node.treatment.activationStep) builder.record().kernel += ", static step";
    builder.step(
        [=](Frame& frame) -> Status {
            LibraryOperands operands;
            operands.x = frame.at<void>(codes);
            operands.w = frame.at<void>(weight.codes);
            operands.y = frame.at<void>(sums);
            if (library)
                TRIMTAB_REQUIRE(library->run(operands));
            else
                TRIMTAB_REQUIRE(launchIntegerProduct(stream, shape.m, shape.n, pitch, pitch, pitch, frame.at<std::int8_t>(codes),
                                                     frame.at<std::int8_t>(weight.codes), frame.at<std::int32_t>(sums)));
            return launchIntegerEpilogue(stream, epilogue, frame.at<std::int32_t>(sums), frame.at<float>(parameters),
                                         frame.at<std::int32_t>(weight.rowSums), frame.at<float>(weight.scales), at<float>(frame, bias),
                                         nullptr, frame.at<void>(y));
        },
        {codes, parameters}, {sums, y});
    return {};
}

}  // namespace trimtab::cuda
