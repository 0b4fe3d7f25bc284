#pragma once
// ONNX DynamicQuantizeLinear: uint8, one scale and zero point for the whole tensor, 0 always representable.
//   scale = (max(0, x) − min(0, x)) / 255, zero = saturate(round(0 − min/scale)), q = saturate(round(x/scale) + zero),
// all in float32, halves to even. A tensor without a non-zero value (or without a finite range) has scale 1 and zero 0.
#include <cstdint>
#include <span>

#include "core/tensor/tensor.h"

namespace trimtab::ref {

struct DynamicQuantization {
    float scale = 1;
    std::int32_t zero = 0;

    /// REQUIRES: Float32.
    static DynamicQuantization of(const Tensor& x);
    static DynamicQuantization of(std::span<const float> values);
    std::uint8_t code(float x) const;
};

/// Signed codes of a group: scale = max|x| / 127 (1 where that is 0 or not finite), q = round(x / scale), halves to even; NaN is 0.
struct SymmetricQuantization {
    float scale = 1;

    static SymmetricQuantization of(std::span<const float> values);
    std::int8_t code(float x) const;
};

/// Halves to the even neighbour whatever the process's rounding mode; the value itself where it is not finite.
float roundHalfEven(float x);

/// q − zero of every element, −255…255, as Float32: what integer products are formed of.
Result<Tensor> centredCodes(const Tensor& x, const DynamicQuantization& quantization);
/// The same for some of them; `out` may be `values`.
void centredCodes(std::span<const float> values, const DynamicQuantization& quantization, std::span<float> out);

}  // namespace trimtab::ref
