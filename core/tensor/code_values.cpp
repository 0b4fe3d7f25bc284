#include "core/tensor/code_values.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/tensor/minifloat.h"

namespace trimtab::tensor {
namespace {

DataType minifloatOf(CodeFormat format) {
    switch (format) {
        case CodeFormat::Float8E5M2: return DataType::Float8E5M2;
        case CodeFormat::Float4E2M1: return DataType::Float4E2M1;
        default: assert(format == CodeFormat::Float8E4M3); return DataType::Float8E4M3FN;
    }
}

std::array<float, 256> eightBitValues(CodeFormat format) {
    std::array<float, 256> values{};
    for (std::size_t code = 0; code < values.size(); ++code)
        values[code] = static_cast<float>(minifloatToDouble(minifloatOf(format), static_cast<std::uint8_t>(code)));
    return values;
}

/// Ascending values: as many codes lie below as there are middles between neighbours that the value has passed.
std::uint8_t nearestNormalFloat4(double value) {
    unsigned code = 0;
    for (unsigned i = 0; i + 1 < kNormalFloat4.size(); ++i) {
        const double middle = (static_cast<double>(kNormalFloat4[i]) + kNormalFloat4[i + 1]) / 2;
        code += value > middle || (value == middle && i % 2 == 1) ? 1U : 0U;
    }
    return static_cast<std::uint8_t>(code);
}

/// Group by group, so that no element divides to find its scale.
template <class Decode>
void decodeGroups(const QuantizedWeight& weight, std::vector<float>& values, Decode decode) {
    std::size_t at = 0;
    std::size_t group = 0;
    for (std::int64_t row = 0; row < weight.rows; ++row) {
        for (std::int64_t begin = 0; begin < weight.columns; begin += weight.group, ++group) {
            const int zero = weight.zeroPoints.empty() ? 0 : weight.zeroPoints[group];
            const std::size_t end = at + static_cast<std::size_t>(std::min(weight.group, weight.columns - begin));
            for (; at < end; ++at) values[at] = decode(weight.codes[at], zero) * weight.scales[group];
        }
    }
}

}  // namespace

int codeBits(CodeFormat format) {
    assert(format != CodeFormat::Integer);
    return format == CodeFormat::Float8E4M3 || format == CodeFormat::Float8E5M2 ? 8 : 4;
}

std::span<const float> codeValues(CodeFormat format) {
    static const auto e4m3 = eightBitValues(CodeFormat::Float8E4M3);
    static const auto e5m2 = eightBitValues(CodeFormat::Float8E5M2);
    switch (format) {
        case CodeFormat::Float8E4M3: return e4m3;
        case CodeFormat::Float8E5M2: return e5m2;
        case CodeFormat::Float4E2M1: return kFloat4E2M1;
        default: assert(format == CodeFormat::NormalFloat4); return kNormalFloat4;
    }
}

float largestCodeValue(CodeFormat format) {
    switch (format) {
        case CodeFormat::Float8E4M3: return 448;
        case CodeFormat::Float8E5M2: return 57344;
        case CodeFormat::Float4E2M1: return 6;
        default: assert(format == CodeFormat::NormalFloat4); return 1;
    }
}

std::uint8_t nearestCode(CodeFormat format, double value) {
    if (format == CodeFormat::NormalFloat4) return nearestNormalFloat4(value);
    const std::uint8_t code = doubleToMinifloat(minifloatOf(format), value);
    const auto sign = static_cast<std::uint8_t>(1U << (codeBits(format) - 1));
    return code == sign ? std::uint8_t{0} : code;
}

std::uint8_t zeroCode(CodeFormat format) { return format == CodeFormat::NormalFloat4 ? 7 : 0; }

std::string_view formatName(const QuantizedWeight& weight) {
    switch (weight.format) {
        case CodeFormat::Integer: return weight.scaleFormat == ScaleFormat::PowerOfTwo ? "fixed" : "int";
        case CodeFormat::Float8E4M3: return "fp8_e4m3";
        case CodeFormat::Float8E5M2: return "fp8_e5m2";
        case CodeFormat::NormalFloat4: return "nf4";
        case CodeFormat::Float4E2M1: break;
    }
    if (weight.scaleFormat == ScaleFormat::PowerOfTwo) return "mxfp4";
    return weight.scaleFormat == ScaleFormat::Float8E4M3 ? "nvfp4" : "fp4";
}

std::string formatText(const QuantizedWeight& weight) {
    std::string text(formatName(weight));
    if (text != "fixed" || weight.scales.empty()) return text;
    const auto pointOf = [&](float scale) {
        const int behind = -std::ilogb(scale);
        const int before = weight.bits - behind - (weight.symmetric ? 1 : 0);
        return std::string(weight.symmetric ? "Q" : "UQ") + std::to_string(before) + "." + std::to_string(behind);
    };
    const auto [finest, coarsest] = std::ranges::minmax(weight.scales);
    text += " " + pointOf(coarsest);
    return finest == coarsest ? text : text + "…" + pointOf(finest);
}

std::vector<float> decodedRows(const QuantizedWeight& weight) {
    std::vector<float> values(weight.codes.size());
    if (weight.format == CodeFormat::Integer) {
        decodeGroups(weight, values, [](std::int8_t code, int zero) { return static_cast<float>(code - zero); });
    } else {
        const std::span<const float> table = codeValues(weight.format);
        decodeGroups(weight, values, [table](std::int8_t code, int) { return table[static_cast<std::uint8_t>(code)]; });
    }
    return values;
}

}  // namespace trimtab::tensor
