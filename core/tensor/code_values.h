#pragma once
// What the codes of weights stand for before their scale is applied, by bit pattern.
//   Float8E4M3, Float8E5M2  eight bits (minifloat.h): largest 448 and 57344         (OCP 8-bit Floating Point Specification 1.0)
//   Float4E2M1              four bits: 0, 0.5, 1, 1.5, 2, 3, 4, 6 and their negatives  (OCP Microscaling Formats 1.0, section 5.3.3)
//   NormalFloat4            four bits in ascending order, −1 … 1 with 0 as code 7: quantiles of the normal distribution, seven below zero
//                           and eight above  (Dettmers et al. 2023, "QLoRA", section 3 and the figures of appendix E)
// Integer codes are not looked up: QuantizedWeight states them.
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/quantized_weight.h"

namespace trimtab::tensor {

/// The figures of NormalFloat4.
inline constexpr std::array<float, 16> kNormalFloat4{
    -1.0F, -0.6961928009986877F, -0.5250730514526367F, -0.39491748809814453F, -0.28444138169288635F, -0.18477343022823334F,
    -0.09105003625154495F, 0.0F, 0.07958029955625534F, 0.16093020141124725F, 0.24611230194568634F, 0.33791524171829224F,
    0.44070982933044434F, 0.5626170039176941F, 0.7229568362236023F, 1.0F};
inline constexpr std::array<float, 16> kFloat4E2M1{0.0F,  0.5F,  1.0F,  1.5F,  2.0F,  3.0F,  4.0F,  6.0F,
                                                   -0.0F, -0.5F, -1.0F, -1.5F, -2.0F, -3.0F, -4.0F, -6.0F};

/// Bits of a code. REQUIRES: not Integer, here and below.
int codeBits(CodeFormat format);

/// 2^bits values, by bit pattern; infinities and NaN where a pattern is one.
std::span<const float> codeValues(CodeFormat format);

/// The largest finite value: 448, 57344, 6 or 1.
float largestCodeValue(CodeFormat format);

/// The code nearest to the value, ties to the even code; beyond the largest the largest. What rounds to zero becomes +0. REQUIRES: no NaN.
std::uint8_t nearestCode(CodeFormat format, double value);

/// The pattern of +0.
std::uint8_t zeroCode(CodeFormat format);

/// As recipes name it: "int", "fixed" (integers whose scales are powers of two), "fp8_e4m3", "fp8_e5m2", "nf4", and by the scales of e2m1
/// "fp4", "mxfp4" or "nvfp4".
std::string_view formatName(const QuantizedWeight& weight);

/// formatName(), and of fixed point which: "fixed Q1.6" has a sign, 1 bit before the point and 6 behind it, so that codes count in 2^−6
/// ("UQ": a zero point in place of the sign); where scales differ the coarsest and the finest, "fixed …Q-4.11".
std::string formatText(const QuantizedWeight& weight);

/// The rows × columns numbers that the codes stand for, scales applied, row-major.
std::vector<float> decodedRows(const QuantizedWeight& weight);

}  // namespace trimtab::tensor
