// Products whose weights are read as codes and multiplied as numbers.
#include <fmt/format.h>

#include "kernels/cuda/forms.h"
#include "kernels/cuda/implementations/gated_product.h"
#include "kernels/plan/operands/weight_words.h"

namespace trimtab::cuda {

runtime::Support judgeWeightOnly(const NodeView& view) {
    const runtime::Support support = judgeWeight(view);
    if (support.level == runtime::Support::Level::Refused) return support;
    const tensor::QuantizedWeight* codes = view.quantized(1);
    const graph::Treatment& treatment = view.node.treatment;
    if (!codes || treatment.activationBits < 32) return plan::notMeant();
    if (codes->format != tensor::CodeFormat::Integer) return plan::refused("no kernel reads codes of " + plan::weightWords(view));
    if (codes->bits != 8 && codes->bits != 4) return plan::refused(fmt::format("no kernel reads {}-bit codes", codes->bits));
    if (treatment.compute == graph::ComputeType::Float8 || treatment.compute == graph::ComputeType::Int8) return plan::notMeant();
    return plan::native();
}

Status placeWeightOnly(Builder& builder, const NodeView& view) {
    const CudaBackend& backend = backendOf(builder);
    const DataType type = productType(view.node, view.type(0));
    TRIMTAB_TRY(const plan::WeightProduct shape, plan::weightProduct(view));
    const int bits = view.quantized(1)->bits;
    const GatedFamily both{.judge = judgeWeightOnly,
                           .placeWeight = [&](const NodeView& product) { return placeCodes(builder, product); },
                           .pays = {},
                           .kernel = fmt::format("gated few rows int{} {}", bits, typeName(type))};
    TRIMTAB_TRY(const bool gated, placeInGatedUnit(builder, view, type, both));
    if (gated) return {};
    const bool few = shape.m <= kFewRows;
    const bool tiled = !few && type != DataType::Float32;
    std::shared_ptr<BoundProduct> library;
    if (!few && !tiled) {
        const Bound probe{shape, type, outputType(builder, view, type), kNoSlot};
        const bool tf32 = view.node.treatment.compute == graph::ComputeType::Tf32;
        TRIMTAB_TRY(library, backend.tools().products->prepare(libraryProduct(probe, tf32 ? Arithmetic::Tf32 : Arithmetic::Full)));
    }
    TRIMTAB_TRY(const PlacedWeight weight, placeCodes(builder, view));
    TRIMTAB_TRY(const Bound bound, bindProduct(builder, view, type));
    recordWeight(builder, view, weight.bytes);
    if (few || tiled) {
        const char* const kernel = few ? "few rows" : streamsWeights(ownProduct(bound, weight.format)) ? "streamed" : "tiled";
        builder.record().kernel = fmt::format("{} int{} {}", kernel, bits, typeName(type));
        return placeOwnStep(builder, view, bound, weight, tiled);
    }
    const SlotId wide = builder.scratch(shape.n * shape.k * 4);
    builder.step(
        [=, stream = backend.stream()](Frame& frame) {
            return launchDequantize(stream, shape.n, shape.k, weight.format, frame.at<void>(weight.values), at<float>(frame, weight.scales),
                                    at<std::int8_t>(frame, weight.zeros), type, frame.at<void>(wide));
        },
        {}, {wide});
    TRIMTAB_REQUIRE(placeLibraryStep(builder, view, bound, library, wide));
    builder.alsoRead(wide);
    builder.record().kernel = fmt::format("int{} widened, then {}", bits, library->kernel());
    return {};
}

}  // namespace trimtab::cuda
