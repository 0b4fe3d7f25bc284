#include "kernels/cpu/simd/quantize.h"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/simd/kernel_table.h"

namespace trimtab::cpu::simd {
namespace {
constexpr std::int64_t kChunk = 1 << 14;
}

Range rangeOf(const float* x, std::int64_t count, Isa isa) {
    const auto kernel = kernels(isa).range;
    float low = 0;
    float high = 0;
#pragma omp parallel for schedule(static) reduction(min : low) reduction(max : high) if (count > kChunk)
    for (std::int64_t start = 0; start < count; start += kChunk) {
        const Range range = kernel(x + start, std::min(kChunk, count - start));
        low = std::min(low, range.low);
        high = std::max(high, range.high);
    }
    return {low, high};
}

QuantizationParameters parametersOf(Range range) {
    QuantizationParameters parameters;
    parameters.scale = (range.high - range.low) / 255.0F;
    if (!(parameters.scale > 0) || !std::isfinite(parameters.scale)) return {1.0F, 0};
    parameters.zeroPoint = static_cast<std::int32_t>(std::clamp(std::nearbyint(-range.low / parameters.scale), 0.0F, 255.0F));
    return parameters;
}

void quantize(const float* x, std::int64_t count, QuantizationParameters parameters, std::uint8_t* q, Isa isa) {
    const auto kernel = kernels(isa).quantize;
#pragma omp parallel for schedule(static) if (count > kChunk)
    for (std::int64_t start = 0; start < count; start += kChunk) kernel(x + start, std::min(kChunk, count - start), parameters, q + start);
}

}  // namespace trimtab::cpu::simd
