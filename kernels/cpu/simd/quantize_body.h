#pragma once
// Range and quantisation of activations in plain loops over `Lanes`.
#include <cmath>

#include "kernels/cpu/simd/quantize.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

template <class Lanes>
Range range(const float* x, std::int64_t count) {
    typename Lanes::Vector low = Lanes::zero();
    typename Lanes::Vector high = Lanes::zero();
    std::int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) {
        const auto values = Lanes::load(x + i);
        // The second operand is kept where the first is NaN.
        low = Lanes::min(values, low);
        high = Lanes::max(values, high);
    }
    alignas(64) float lows[kLanes];
    alignas(64) float highs[kLanes];
    Lanes::store(lows, low);
    Lanes::store(highs, high);
    Range result;
    for (int lane = 0; lane < kLanes; ++lane) {
        result.low = lows[lane] < result.low ? lows[lane] : result.low;
        result.high = highs[lane] > result.high ? highs[lane] : result.high;
    }
    for (; i < count; ++i) {
        result.low = x[i] < result.low ? x[i] : result.low;
        result.high = x[i] > result.high ? x[i] : result.high;
    }
    return result;
}

template <class Lanes>
void quantize(const float* x, std::int64_t count, QuantizationParameters parameters, std::uint8_t* q) {
    std::int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) Lanes::quantize(Lanes::load(x + i), parameters.scale, parameters.zeroPoint, q + i);
    for (; i < count; ++i) {
        const float scaled = std::nearbyint(x[i] / parameters.scale) + static_cast<float>(parameters.zeroPoint);
        q[i] = scaled >= 255.0F ? std::uint8_t{255} : scaled > 0 ? static_cast<std::uint8_t>(scaled) : std::uint8_t{0};
    }
}

}  // namespace
}  // namespace trimtab::cpu::simd
