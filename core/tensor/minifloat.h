#pragma once
// Floating-point formats of eight bits and fewer, as ONNX's Cast states them (opset 25):
//   float8e4m3fn    bias 7, no infinities, NaN 0x7f and 0xff, largest 448   (Micikevicius et al. 2022, "FP8 Formats for Deep Learning")
//   float8e5m2      bias 15, IEEE-like infinities and NaN, largest 57344    (the same paper)
//   float8e4m3fnuz  bias 8, no infinities, no −0, NaN 0x80, largest 240     (Noune et al. 2022, "8-bit Numerical Formats for Deep Neural
//                                                                            Networks")
//   float8e5m2fnuz  bias 16, no infinities, no −0, NaN 0x80, largest 57344  (the same paper)
//   float4e2m1      bias 1, neither infinities nor NaN, largest 6           (OCP Microscaling Formats 1.0)
//   float8e8m0      the power of two 2^(code − 127); NaN 0xff               (the same)
#include <cstdint>

#include "core/tensor/data_type.h"

namespace trimtab::tensor {

enum class ScaleRounding : std::uint8_t { Up, Down, Nearest };  // of float8e8m0; to the nearest by value, ties up

struct MinifloatRules {
    bool saturate = true;                         // else what is out of range becomes infinity where the format has one, NaN elsewhere
    ScaleRounding scale = ScaleRounding::Up;      // float8e8m0 alone; its table for negative numbers is open: they become NaN
};

/// The value of a code in the low bits. REQUIRES: isMinifloat(type).
double minifloatToDouble(DataType type, std::uint8_t code);
/// To the nearest, ties to even. NaN stays NaN; in float4e2m1, which has none, it becomes the largest. REQUIRES: isMinifloat(type).
std::uint8_t doubleToMinifloat(DataType type, double value, MinifloatRules rules = {});

}  // namespace trimtab::tensor
