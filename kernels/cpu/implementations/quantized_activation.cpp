#include "kernels/cpu/implementations/quantized_activation.h"

#include <algorithm>

#include <omp.h>

#include "kernels/cpu/simd/kernel_table.h"
#include "kernels/cpu/vector/parallel.h"

namespace trimtab::cpu {
namespace {

constexpr int kMostThreads = 128;

/// Range and codes in one parallel region: each thread finds the range of its part, meets the others once, and quantises the part that is still in its
/// cache. Every region less is a wake-up less, which counts when layers take tens of microseconds.
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

Result<QuantizedActivation> readQuantized(Builder& builder, graph::ValueId id, Layout layout) {
    const std::string kind = layout == Layout::ChannelsLast ? "uint8, channels last" : "uint8";
    if (const auto* known = builder.derived(id, kind)) return QuantizedActivation{(*known)[0], (*known)[1], (*known)[2]};
    const std::int64_t count = builder.graph().value(id).type.shape()->elementCount();
    TRIMTAB_TRY(const SlotId x, builder.read(id, Form{DataType::Float32, layout}));
    const QuantizedActivation result{builder.scratch(count), builder.scratch(4), builder.scratch(4)};
    builder.step(
        [x, result, count](Frame& frame) {
            const auto parameters = quantizeTogether(frame.at<float>(x), count, frame.at<std::uint8_t>(result.codes));
            *frame.at<float>(result.scale) = parameters.scale;
            *frame.at<std::int32_t>(result.zeroPoint) = parameters.zeroPoint;
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
