#pragma once
// The eight-bit float in which fp8 products are formed: float8e4m3fn (minifloat.h).
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
