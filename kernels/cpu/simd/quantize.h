#pragma once
// Dynamic quantisation of activations as ONNX DynamicQuantizeLinear states it: uint8, per tensor, asymmetric, the range includes zero.
//   scale = (max(x, 0) − min(x, 0)) / 255, zeroPoint = saturate(round(−min / scale)), q = saturate(round(x / scale) + zeroPoint);
//   rounding half to even.
#include <cstdint>

#include "kernels/cpu/simd/isa.h"

namespace trimtab::cpu::simd {

struct Range {
    float low = 0;   // ≤ 0
    float high = 0;  // ≥ 0
};

struct QuantizationParameters {
    float scale = 1;
    std::int32_t zeroPoint = 0;
};

/// Smallest and largest value together with zero; NaN is passed over. Threaded.
Range rangeOf(const float* x, std::int64_t count, Isa isa = bestIsa());
QuantizationParameters parametersOf(Range range);
/// Threaded; x and q may not overlap.
void quantize(const float* x, std::int64_t count, QuantizationParameters parameters, std::uint8_t* q, Isa isa = bestIsa());

}  // namespace trimtab::cpu::simd
