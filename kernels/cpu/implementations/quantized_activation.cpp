#include "kernels/cpu/implementations/quantized_activation.h"

#include "kernels/cpu/simd/quantize.h"

namespace trimtab::cpu {

Result<QuantizedActivation> readQuantized(Builder& builder, graph::ValueId id, Layout layout) {
    const std::string kind = layout == Layout::ChannelsLast ? "uint8, channels last" : "uint8";
    if (const auto* known = builder.derived(id, kind)) return QuantizedActivation{(*known)[0], (*known)[1], (*known)[2]};
    const std::int64_t count = builder.graph().value(id).type.shape()->elementCount();
    TRIMTAB_TRY(const SlotId x, builder.read(id, Form{DataType::Float32, layout}));
    const QuantizedActivation result{builder.scratch(count), builder.scratch(4), builder.scratch(4)};
    builder.step(
        [x, result, count](Frame& frame) {
            const float* values = frame.at<float>(x);
            const auto parameters = simd::parametersOf(simd::rangeOf(values, count));
            *frame.at<float>(result.scale) = parameters.scale;
            *frame.at<std::int32_t>(result.zeroPoint) = parameters.zeroPoint;
            simd::quantize(values, count, parameters, frame.at<std::uint8_t>(result.codes));
            return Status{};
        },
        {x}, {result.codes, result.scale, result.zeroPoint});
    builder.setDerived(id, kind, {result.codes, result.scale, result.zeroPoint});
    return result;
}

SlotId placeOutputScales(Builder& builder, SlotId weightScales, std::int64_t outputs, const QuantizedActivation& activation) {
    const SlotId scales = builder.scratch(outputs * 4);
    builder.step(
        [weightScales, outputs, activation, scales](Frame& frame) {
            const float factor = *frame.at<float>(activation.scale);
            const float* weight = frame.at<float>(weightScales);
            float* result = frame.at<float>(scales);
            for (std::int64_t o = 0; o < outputs; ++o) result[o] = weight[o] * factor;
            return Status{};
        },
        {weightScales, activation.scale}, {scales});
    return scales;
}

}  // namespace trimtab::cpu
