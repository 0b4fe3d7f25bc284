#include "kernels/cpu/implementations/quantized_activation.h"

#include <algorithm>

#include <fmt/format.h>
#include <omp.h>

#include "kernels/cpu/simd/kernel_table.h"
#include "kernels/cpu/vector/parallel.h"

namespace trimtab::cpu {
namespace {

constexpr int kMostThreads = 128;

/// Range and codes in one parallel region: each thread finds the range of its part, meets the others once, and quantises the part that is
/// still in its cache. Every region less is a wake-up less, which counts when layers take tens of microseconds.
simd::QuantizationParameters quantizeTogether(const float* x, std::int64_t count, std::uint8_t* codes) {
    static const simd::KernelTable& kernels = simd::kernels(simd::bestIsa());
    const int threads = std::min(omp_get_max_threads(), kMostThreads);
    if (threads == 1 || count <= kElementsWorthThreads) {
        const auto parameters = simd::parametersOf(kernels.range(x, count));
        kernels.quantize(x, count, parameters, codes);
        return parameters;
    }
    simd::Range ranges[kMostThreads];
    simd::QuantizationParameters result;
#pragma omp parallel num_threads(threads)
    {
        const std::int64_t team = omp_get_num_threads();
        const std::int64_t part = ((count + team - 1) / team + 63) / 64 * 64;
        const std::int64_t begin = std::min(part * omp_get_thread_num(), count);
        const std::int64_t length = std::min(part, count - begin);
        ranges[omp_get_thread_num()] = kernels.range(x + begin, length);
#pragma omp barrier
        simd::Range whole;
        for (std::int64_t i = 0; i < team; ++i) {
            whole.low = std::min(whole.low, ranges[i].low);
            whole.high = std::max(whole.high, ranges[i].high);
        }
        const auto parameters = simd::parametersOf(whole);
        kernels.quantize(x + begin, length, parameters, codes + begin);
        if (omp_get_thread_num() == 0) result = parameters;
    }
    return result;
}

}  // namespace

Result<QuantizedActivation> readQuantized(Builder& builder, graph::ValueId id, Layout layout, const graph::Treatment& treatment) {
    const auto& step = treatment.activationStep;
    std::string kind = layout == Layout::ChannelsLast ? "uint8, channels last" : "uint8";
    if (step) kind += fmt::format(", {} from {}", step->scale, step->zero);
    if (const auto* known = builder.derived(id, kind)) return QuantizedActivation{(*known)[0], (*known)[1], (*known)[2]};
    const std::int64_t count = builder.graph().value(id).type.shape()->elementCount();
    TRIMTAB_TRY(const SlotId x, builder.read(id, Form{DataType::Float32, layout}));
    QuantizedActivation result;
    result.codes = builder.scratch(count);
    if (step) {
        result.scale = builder.constantFloats({step->scale});
        result.zeroPoint = builder.constant(Tensor::fromValues<std::int32_t>(DataType::Int32, Shape{1}, {step->zero}));
        builder.step(
            [x, result, count, parameters = simd::QuantizationParameters{step->scale, step->zero}](Frame& frame) {
                simd::quantize(frame.at<float>(x), count, parameters, frame.at<std::uint8_t>(result.codes));
                return Status{};
            },
            {x}, {result.codes});
    } else {
        result.scale = builder.scratch(4);
        result.zeroPoint = builder.scratch(4);
        builder.step(
            [x, result, count](Frame& frame) {
                const auto parameters = quantizeTogether(frame.at<float>(x), count, frame.at<std::uint8_t>(result.codes));
                *frame.at<float>(result.scale) = parameters.scale;
                *frame.at<std::int32_t>(result.zeroPoint) = parameters.zeroPoint;
                return Status{};
            },
            {x}, {result.codes, result.scale, result.zeroPoint});
    }
    builder.setDerived(id, kind, {result.codes, result.scale, result.zeroPoint});
    return result;
}

Result<QuantizedRows> readQuantizedRows(Builder& builder, graph::ValueId id, std::int64_t rows) {
    const std::string kind = "uint8 by rows of " + std::to_string(rows);
    if (const auto* known = builder.derived(id, kind)) return QuantizedRows{(*known)[0], (*known)[1], (*known)[2]};
    const std::int64_t count = builder.graph().value(id).type.shape()->elementCount();
    TRIMTAB_TRY(const SlotId x, builder.read(id, Form{DataType::Float32, Layout::Plain}));
    const QuantizedRows result{builder.scratch(count), builder.scratch(rows * 4), builder.scratch(rows * 4)};
    builder.step(
        [x, result, rows, length = count / rows](Frame& frame) {
            static const simd::KernelTable& kernels = simd::kernels(simd::bestIsa());
            const float* values = frame.at<float>(x);
            auto* codes = frame.at<std::uint8_t>(result.codes);
            float* scales = frame.at<float>(result.scales);
            auto* zeroPoints = frame.at<std::int32_t>(result.zeroPoints);
            parallelRows(rows, length, [&](std::int64_t row) {
                const auto parameters = simd::parametersOf(kernels.range(values + row * length, length));
                kernels.quantize(values + row * length, length, parameters, codes + row * length);
                scales[row] = parameters.scale;
                zeroPoints[row] = parameters.zeroPoint;
            });
            return Status{};
        },
        {x}, {result.codes, result.scales, result.zeroPoints});
    builder.setDerived(id, kind, {result.codes, result.scales, result.zeroPoints});
    return result;
}

SlotId fixedOutputScales(Builder& builder, const std::vector<float>& weightScales, float activationScale) {
    std::vector<float> scales(weightScales);
    for (float& scale : scales) scale *= activationScale;
    return builder.constantFloats(scales);
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
