#include "core/compress/quantize/code_grid.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/compress/quantize/clip.h"
#include "core/recipe/methods.h"
#include "core/tensor/code_values.h"

namespace trimtab::compress {
namespace {

using tensor::CodeFormat;
using tensor::ScaleFormat;

// Exponents of the normal float32 numbers, which is all but the lowest of what e8m0 holds.
constexpr int kLowestExponent = -126;
constexpr int kHighestExponent = 127;
constexpr int kLargestE2M1Exponent = 2;
constexpr std::uint8_t kSmallestBlockScale = 0x01;  // of e4m3
constexpr std::uint8_t kLargestBlockScale = 0x7e;

float powerOfTwo(int exponent) { return std::ldexp(1.0F, std::clamp(exponent, kLowestExponent, kHighestExponent)); }

CodeFormat codeFormatOf(const std::string& format) {
    if (format == "fp8_e4m3") return CodeFormat::Float8E4M3;
    if (format == "fp8_e5m2") return CodeFormat::Float8E5M2;
    if (format == "nf4") return CodeFormat::NormalFloat4;
    if (format == "fp4" || format == "mxfp4" || format == "nvfp4") return CodeFormat::Float4E2M1;
    assert(format == "int" || format == "fixed");
    return CodeFormat::Integer;
}

ScaleFormat scaleFormatOf(const std::string& format) {
    if (format == "fixed" || format == "mxfp4") return ScaleFormat::PowerOfTwo;
    return format == "nvfp4" ? ScaleFormat::Float8E4M3 : ScaleFormat::Float32;
}

float magnitudeOf(std::span<const float> values) {
    const Range range = rangeOf(values);
    return std::max(-range.low, range.high);
}

float scaleOver(double magnitude, double largest) {
    return magnitude == 0 ? 1.0F : std::max(static_cast<float>(magnitude / largest), std::numeric_limits<float>::min());
}

}  // namespace

CodeGrid::CodeGrid(const recipe::WeightSpec& spec, std::span<const float> values)
    : m_format(codeFormatOf(spec.format)),
      m_scaleFormat(scaleFormatOf(spec.format)),
      m_bits(spec.bits),
      m_symmetric(spec.scheme == "symmetric"),
      m_group(recipe::ownGroup(spec).value_or(spec.group)),
      m_limits(codeLimits(spec.bits, m_symmetric)) {
    assert(spec.bits >= 2 && spec.bits <= 8);
    if (m_format != CodeFormat::Integer) m_values = tensor::codeValues(m_format);
    if (m_scaleFormat == ScaleFormat::Float8E4M3)
        m_tensorScale = scaleOver(magnitudeOf(values), static_cast<double>(tensor::largestCodeValue(m_format)) *
                                                           tensor::largestCodeValue(CodeFormat::Float8E4M3));
}

Step CodeGrid::fixedStep(const Range& range) const {
    const int half = 1 << (m_bits - 1);
    const double needed = m_symmetric ? static_cast<double>(std::max(-range.low, range.high)) / (half - 1)
                                      : (static_cast<double>(range.high) - range.low) / (2 * half - 1);
    if (needed == 0) return {1, m_symmetric ? 0 : -half};
    int exponent = 0;
    const double fraction = std::frexp(needed, &exponent);  // [0.5, 1): one half is a power of two itself
    const float scale = powerOfTwo(fraction == 0.5 ? exponent - 1 : exponent);
    if (m_symmetric) return {scale, 0};
    const double zero = std::nearbyint(-static_cast<double>(range.low) / scale);
    return {scale, static_cast<int>(std::clamp(zero, 0.0, 2.0 * half - 1)) - half};
}

Step CodeGrid::blockStep(std::uint8_t code) const {
    return {tensor::codeValues(CodeFormat::Float8E4M3)[code] * m_tensorScale, 0};
}

Step CodeGrid::covering(std::span<const float> values) const {
    if (isFixed()) return fixedStep(rangeOf(values));
    if (m_format == CodeFormat::Integer) return stepFor(rangeOf(values), m_bits, m_symmetric);
    const double magnitude = magnitudeOf(values);
    const double largest = tensor::largestCodeValue(m_format);
    switch (m_scaleFormat) {
        case ScaleFormat::Float32: return {scaleOver(magnitude, largest), 0};
        case ScaleFormat::PowerOfTwo: return {magnitude == 0 ? 1.0F : powerOfTwo(std::ilogb(magnitude) - kLargestE2M1Exponent), 0};
        case ScaleFormat::Float8E4M3: break;
    }
    return blockStep(std::max(kSmallestBlockScale, tensor::nearestCode(CodeFormat::Float8E4M3, magnitude / largest / m_tensorScale)));
}

std::vector<Step> CodeGrid::stepsAround(std::span<const float> values, const Step& covering) const {
    std::vector<Step> steps;
    if (isFixed()) {
        const Range full = rangeOf(values);
        for (const float share : {0.5F, 0.25F, 0.125F, 0.0625F}) steps.push_back(fixedStep({full.low * share, full.high * share}));
    } else if (m_scaleFormat == ScaleFormat::PowerOfTwo) {
        const int exponent = std::ilogb(covering.scale);
        steps = {{powerOfTwo(exponent - 1), 0}, {powerOfTwo(exponent + 1), 0}};
    } else if (m_scaleFormat == ScaleFormat::Float8E4M3) {
        constexpr int kOctave = 8;  // codes from one power of two to the next
        const int middle = tensor::nearestCode(CodeFormat::Float8E4M3, static_cast<double>(covering.scale) / m_tensorScale);
        const int last = std::min<int>(middle + kOctave / 2, kLargestBlockScale);
        for (int code = std::max<int>(middle - kOctave, kSmallestBlockScale); code <= last; ++code)
            steps.push_back(blockStep(static_cast<std::uint8_t>(code)));
    } else {
        for (int share = 150; share >= 20; share -= 2) {
            const float scale = covering.scale * static_cast<float>(share) / 100;
            if (std::isnormal(scale)) steps.push_back({scale, 0});
        }
    }
    return steps;
}

Step CodeGrid::clipped(std::span<const float> values) const {
    if (m_format == CodeFormat::Integer && !isFixed()) return clippedStep(values, m_bits, m_symmetric);
    Step best = covering(values);
    double least = squaredError(values, best);
    if (least == 0) return best;
    for (const Step& step : stepsAround(values, best)) {
        const double error = squaredError(values, step);
        if (!(error < least)) continue;
        least = error;
        best = step;
    }
    return best;
}

void CodeGrid::encode(std::span<const float> values, const Step& step, std::int8_t* codes) const {
    if (m_format == CodeFormat::Integer) {
        compress::encode(values, step, m_limits, codes);
        return;
    }
    for (std::size_t i = 0; i < values.size(); ++i)
        codes[i] = static_cast<std::int8_t>(tensor::nearestCode(m_format, static_cast<double>(values[i]) / step.scale));
}

std::int8_t CodeGrid::zeroCode(const Step& step) const {
    return static_cast<std::int8_t>(m_format == CodeFormat::Integer ? step.zero : tensor::zeroCode(m_format));
}

double CodeGrid::squaredError(std::span<const float> values, const Step& step) const {
    constexpr std::size_t kPart = 256;
    std::int8_t codes[kPart];
    double sum = 0;
    for (std::size_t begin = 0; begin < values.size(); begin += kPart) {
        const std::span<const float> part = values.subspan(begin, std::min(kPart, values.size() - begin));
        encode(part, step, codes);
        for (std::size_t i = 0; i < part.size(); ++i) {
            const double error = static_cast<double>(part[i]) - decode(codes[i], step);
            sum += error * error;
        }
    }
    return sum;
}

tensor::QuantizedWeight CodeGrid::emptyWeight(std::int64_t rows, std::int64_t columns) const {
    tensor::QuantizedWeight weight;
    weight.rows = rows;
    weight.columns = columns;
    weight.bits = m_bits;
    weight.format = m_format;
    weight.scaleFormat = m_scaleFormat;
    weight.symmetric = m_symmetric;
    weight.group = m_group > 0 ? std::min(m_group, columns) : columns;
    weight.codes.resize(static_cast<std::size_t>(rows * columns));
    return weight;
}

}  // namespace trimtab::compress
