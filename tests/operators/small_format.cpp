#include "tests/operators/small_format.h"

#include <cmath>
#include <limits>

#include "core/tensor/convert.h"

namespace trimtab::operators {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Layout {
    int exponentBits, mantissaBits, bias;
    bool hasInfinity, isUnsignedZero;
};

Layout layoutOf(DataType type) {
    switch (type) {
        case DataType::Float8E4M3FN: return {4, 3, 7, false, false};
        case DataType::Float8E4M3FNUZ: return {4, 3, 8, false, true};
        case DataType::Float8E5M2: return {5, 2, 15, true, false};
        case DataType::Float8E5M2FNUZ: return {5, 2, 16, false, true};
        default: return {2, 1, 1, false, false};  // float4e2m1
    }
}

double floatOf(DataType type, unsigned code) {
    const Layout layout = layoutOf(type);
    const unsigned width = static_cast<unsigned>(layout.exponentBits + layout.mantissaBits);
    const unsigned magnitude = code & ((1U << width) - 1), mantissa = magnitude & ((1U << layout.mantissaBits) - 1);
    const int exponent = static_cast<int>(magnitude >> layout.mantissaBits);
    const double sign = (code >> width) != 0 ? -1 : 1;
    if (layout.isUnsignedZero && code == 1U << width) return kNaN;
    if (type == DataType::Float8E4M3FN && magnitude == 0x7f) return kNaN;
    if (layout.hasInfinity && exponent == 31) return mantissa == 0 ? sign * std::numeric_limits<double>::infinity() : kNaN;
    const double fraction = mantissa / std::ldexp(1.0, layout.mantissaBits);
    return sign * (exponent == 0 ? std::ldexp(fraction, 1 - layout.bias) : std::ldexp(1 + fraction, exponent - layout.bias));
}

struct Beyond {
    double from;    // the least magnitude that is nearer to the number after the largest, or a tie whose even one that would be
    bool isReached; // at `from` itself
};

/// Largest numbers and the steps below them: 448 by 32, 240 by 16, 57344 by 8192. Of the largest codes, 448's alone is even.
Beyond beyondOf(DataType type) {
    switch (type) {
        case DataType::Float8E4M3FN: return {464, false};
        case DataType::Float8E4M3FNUZ: return {248, true};
        default: return {61440, true};
    }
}

bool isBeyond(DataType type, double value) {
    const Beyond beyond = beyondOf(type);
    return std::fabs(value) > beyond.from || (beyond.isReached && std::fabs(value) == beyond.from);
}

unsigned beyondCode(DataType type, bool isNegative) {
    if (layoutOf(type).isUnsignedZero) return 0x80;
    return (isNegative ? 0x80U : 0U) | (type == DataType::Float8E5M2 ? 0x7cU : 0x7fU);
}

unsigned scaleCode(double value, const std::string& roundMode) {
    constexpr unsigned kNaNCode = 255, kLargest = 254;
    if (std::isnan(value)) return kNaNCode;
    unsigned below = 0;
    while (below < kLargest && decoded(DataType::Float8E8M0, below + 1) <= value) ++below;
    const double low = decoded(DataType::Float8E8M0, below);
    if (below == kLargest || value <= low) return below;
    if (roundMode == "down") return below;
    if (roundMode == "up") return below + 1;
    return value - low < 2 * low - value ? below : below + 1;
}

}  // namespace

double decoded(DataType type, unsigned code) {
    if (type == DataType::Float8E8M0) return code == 255 ? kNaN : std::ldexp(1.0, static_cast<int>(code) - 127);
    if (tensor::isMinifloat(type)) return floatOf(type, code);
    const int bits = tensor::bitWidth(type);
    const bool isSigned = type == DataType::Int2 || type == DataType::Int4 || type == DataType::Int8;
    return isSigned && (code >> (bits - 1)) != 0 ? static_cast<double>(code) - std::ldexp(1.0, bits) : static_cast<double>(code);
}

unsigned encoded(DataType type, double value, const std::string& roundMode, bool saturates) {
    if (type == DataType::Float8E8M0) return scaleCode(value, roundMode);
    if (!saturates && isBeyond(type, value)) return beyondCode(type, value < 0);
    const unsigned count = 1U << tensor::bitWidth(type);
    unsigned best = count, largest = 0;
    for (unsigned code = 0; code < count; ++code) {
        const double each = decoded(type, code);
        if (std::isnan(each) && std::isnan(value)) return code;
        if (!std::isfinite(each)) continue;
        if (each > decoded(type, largest)) largest = code;
        if (std::isnan(value)) continue;
        const double distance = std::fabs(each - value), shortest = best == count ? 0 : std::fabs(decoded(type, best) - value);
        const bool isNearer = best == count || distance < shortest || (distance == shortest && code % 2 == 0 && best % 2 != 0);
        const bool isFurther = best == count || (value > 0 ? each > decoded(type, best) : each < decoded(type, best));
        if (std::isfinite(value) ? isNearer : isFurther) best = code;
    }
    return best == count ? largest : best;
}

Tensor ofCodes(DataType type, const Shape& shape, const std::vector<unsigned>& codes) {
    Tensor made = *Tensor::zeros(type, shape);
    const auto bits = static_cast<std::size_t>(tensor::bitWidth(type));
    for (std::size_t i = 0; i < codes.size(); ++i) made.mutableBytes()[i * bits / 8] |= static_cast<std::byte>(codes[i] << i * bits % 8);
    return made;
}

std::vector<unsigned> codesOf(const Tensor& tensor) {
    const auto bits = static_cast<std::size_t>(tensor::bitWidth(tensor.type()));
    std::vector<unsigned> codes(static_cast<std::size_t>(tensor.elementCount()));
    for (std::size_t i = 0; i < codes.size(); ++i)
        codes[i] = (std::to_integer<unsigned>(tensor.bytes()[i * bits / 8]) >> i * bits % 8) & ((1U << bits) - 1);
    return codes;
}

std::vector<double> valuesOf(const Tensor& tensor) {
    std::vector<double> values;
    if (tensor::bitWidth(tensor.type()) <= 8 && tensor.type() != DataType::Bool)
        for (const unsigned code : codesOf(tensor)) values.push_back(decoded(tensor.type(), code));
    else
        for (std::int64_t i = 0; i < tensor.elementCount(); ++i) values.push_back(tensor::elementAsDouble(tensor, i));
    return values;
}

}  // namespace trimtab::operators
