#pragma once
// The eight-bit float e4m3 of Micikevicius et al. 2022, "FP8 Formats for Deep Learning" (E4M3FN of ONNX): sign, 4 exponent bits with bias 7,
// 3 mantissa bits; subnormals in steps of 2^-9; no infinities; NaN is 0x7f and 0xff; the largest finite value is 448.
// A tensor is held as codes and one scale: x ≈ code · scale.
#include <cstdint>
#include <span>

namespace trimtab::tensor {

inline constexpr float kLargestFloat8 = 448.0F;

float float8ToFloat(std::uint8_t bits);
/// To the nearest, ties to even; what lies beyond 448, infinities included, becomes 448 with its sign; NaN stays NaN.
std::uint8_t floatToFloat8(float value);
/// max|x| / 448, or 1 where that is zero. NaN among the values is passed over.
float float8Scale(std::span<const float> values);

}  // namespace trimtab::tensor
