#include "core/tensor/float8.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace trimtab::tensor {
namespace {

constexpr float kSmallestNormal = 0x1p-6F;
constexpr float kSubnormalStep = 0x1p-9F;
constexpr std::uint32_t kDroppedBits = 20;                  // of float32's 23 mantissa bits
constexpr std::uint32_t kExponentShift = (127U - 7U) << 3;  // the two biases, above three mantissa bits
constexpr std::uint32_t kLargestCode = 0x7e;

}  // namespace

float float8ToFloat(std::uint8_t bits) {
    const std::uint32_t magnitude = bits & 0x7fU;
    float value = 0;
    if (magnitude == 0x7fU) value = std::numeric_limits<float>::quiet_NaN();
    else if (magnitude < 8) value = static_cast<float>(magnitude) * kSubnormalStep;
    else value = std::bit_cast<float>((magnitude + kExponentShift) << kDroppedBits);
    return (bits & 0x80U) != 0 ? -value : value;
}

std::uint8_t floatToFloat8(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 24) & 0x80U, magnitude = bits & 0x7fffffffU;
    if (std::isnan(value)) return static_cast<std::uint8_t>(sign | 0x7fU);
    std::uint32_t code = 0;
    if (std::fabs(value) < kSmallestNormal) {
        code = static_cast<std::uint32_t>(std::nearbyint(std::fabs(value) / kSubnormalStep));
    } else {
        code = ((magnitude + 0x7ffffU + ((magnitude >> kDroppedBits) & 1U)) >> kDroppedBits) - kExponentShift;
    }
    return static_cast<std::uint8_t>(sign | std::min(code, kLargestCode));
}

float float8Scale(std::span<const float> values) {
    float largest = 0;
    for (const float value : values) largest = std::max(largest, std::fabs(value));
    const float scale = largest / kLargestFloat8;
    return scale == 0 ? 1.0F : scale;
}

}  // namespace trimtab::tensor
