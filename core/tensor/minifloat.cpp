#include "core/tensor/minifloat.h"

#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace trimtab::tensor {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Sign, exponent and mantissa bits as in IEEE 754, with subnormals; what differs is at the ends of the range.
struct Format {
    int mantissaBits;
    int bias;
    std::uint8_t sign;     // the sign's bit
    std::uint8_t largest;  // code of the largest finite value
    std::uint8_t beyond;   // magnitude code of what is out of range unless it saturates
    std::uint8_t nan;      // magnitude code of NaN; where `zeroIsUnsigned`, the whole code
    bool zeroIsUnsigned;   // "fnuz": the code of −0 is NaN
};

constexpr Format kE4M3FN{3, 7, 0x80, 0x7e, 0x7f, 0x7f, false};
constexpr Format kE4M3FNUZ{3, 8, 0x80, 0x7f, 0x80, 0x80, true};
constexpr Format kE5M2{2, 15, 0x80, 0x7b, 0x7c, 0x7f, false};
constexpr Format kE5M2FNUZ{2, 16, 0x80, 0x7f, 0x80, 0x80, true};
constexpr Format kE2M1{1, 1, 0x08, 0x07, 0x07, 0x07, false};

const Format& formatOf(DataType type) {
    switch (type) {
        case DataType::Float8E4M3FNUZ: return kE4M3FNUZ;
        case DataType::Float8E5M2: return kE5M2;
        case DataType::Float8E5M2FNUZ: return kE5M2FNUZ;
        case DataType::Float4E2M1: return kE2M1;
        default: assert(type == DataType::Float8E4M3FN); return kE4M3FN;
    }
}

double decode(const Format& format, std::uint8_t code) {
    const unsigned magnitude = code & (format.sign - 1U);
    const bool isNegative = (code & format.sign) != 0;
    double value = 0;
    if (format.zeroIsUnsigned && code == format.nan) return kNaN;
    if (magnitude > format.largest) {
        value = magnitude == format.beyond && format.beyond != format.nan ? std::numeric_limits<double>::infinity() : kNaN;
    } else {
        const unsigned exponent = magnitude >> format.mantissaBits;
        const unsigned unit = 1U << format.mantissaBits;
        const unsigned mantissa = (magnitude & (unit - 1)) + (exponent == 0 ? 0 : unit);
        value = std::ldexp(mantissa, static_cast<int>(exponent == 0 ? 1 : exponent) - format.bias - format.mantissaBits);
    }
    return isNegative ? -value : value;
}

/// The magnitude's code before it is held against the largest one.
std::uint64_t roundedMagnitude(const Format& format, double magnitude) {
    constexpr int kMantissaBits = 52, kBias = 1023;
    const double smallestNormal = std::ldexp(1.0, 1 - format.bias);
    if (magnitude < smallestNormal)
        return static_cast<std::uint64_t>(std::nearbyint(std::ldexp(magnitude, format.bias - 1 + format.mantissaBits)));
    const int dropped = kMantissaBits - format.mantissaBits;
    const auto bits = std::bit_cast<std::uint64_t>(magnitude);
    const std::uint64_t half = (std::uint64_t{1} << (dropped - 1)) - 1 + ((bits >> dropped) & 1U);
    return ((bits + half) >> dropped) - (static_cast<std::uint64_t>(kBias - format.bias) << format.mantissaBits);
}

std::uint8_t encode(const Format& format, double value, bool saturate) {
    const std::uint8_t sign = std::signbit(value) ? format.sign : std::uint8_t{0};
    if (std::isnan(value)) return format.zeroIsUnsigned ? format.nan : static_cast<std::uint8_t>(sign | format.nan);
    const std::uint64_t code = std::isinf(value) ? format.largest + 1U : roundedMagnitude(format, std::fabs(value));
    if (code <= format.largest) return code == 0 && format.zeroIsUnsigned ? std::uint8_t{0} : static_cast<std::uint8_t>(sign | code);
    if (saturate) return static_cast<std::uint8_t>(sign | format.largest);
    return format.zeroIsUnsigned ? format.beyond : static_cast<std::uint8_t>(sign | format.beyond);
}

constexpr std::uint8_t kScaleNaN = 0xff;
constexpr int kScaleBias = 127, kLargestScale = 254;

std::uint8_t encodeScale(double value, MinifloatRules rules) {
    if (std::isnan(value) || value < 0) return kScaleNaN;
    if (std::isinf(value)) return rules.saturate ? kLargestScale : kScaleNaN;
    if (value == 0) return rules.saturate ? 0 : kScaleNaN;
    int exponent = 0;
    const double fraction = 2 * std::frexp(value, &exponent);  // in [1, 2), with value = fraction · 2^(exponent − 1)
    int code = exponent - 1 + kScaleBias;
    if (rules.scale == ScaleRounding::Up && fraction > 1) ++code;
    if (rules.scale == ScaleRounding::Nearest && fraction >= 1.5) ++code;
    if (code >= 0 && code <= kLargestScale) return static_cast<std::uint8_t>(code);
    if (!rules.saturate) return kScaleNaN;
    return code < 0 ? 0 : kLargestScale;
}

}  // namespace

double minifloatToDouble(DataType type, std::uint8_t code) {
    if (type == DataType::Float8E8M0) return code == kScaleNaN ? kNaN : std::ldexp(1.0, code - kScaleBias);
    return decode(formatOf(type), code);
}

std::uint8_t doubleToMinifloat(DataType type, double value, MinifloatRules rules) {
    if (type == DataType::Float8E8M0) return encodeScale(value, rules);
    return encode(formatOf(type), value, rules.saturate);
}

}  // namespace trimtab::tensor
