#include "core/compress/quantize/step.h"

#include <algorithm>
#include <limits>

namespace trimtab::compress {
namespace {

// Adding and subtracting 1.5 · 2^52 leaves a double without its fraction, rounded to even: a call of nearbyint an element costs several
// times as much.
double rounded(double value) {
    constexpr double kShift = 0x1.8p52;
    return (value + kShift) - kShift;
}

// A scale below the normal numbers could vanish, and dividing by it would lose everything; a larger step keeps the bound of half a step.
float usableScale(double scale) { return scale == 0 ? 1.0F : std::max(static_cast<float>(scale), std::numeric_limits<float>::min()); }

}  // namespace

Range rangeOf(std::span<const float> values) {
    Range range;
    for (const float value : values) {
        range.low = std::min(range.low, value);
        range.high = std::max(range.high, value);
    }
    return range;
}

Step stepFor(const Range& range, int bits, bool symmetric) {
    const int half = 1 << (bits - 1);
    if (symmetric) return {usableScale(static_cast<double>(std::max(-range.low, range.high)) / (half - 1)), 0};
    const float scale = usableScale((static_cast<double>(range.high) - range.low) / (2 * half - 1));
    const auto zero = static_cast<int>(rounded(-static_cast<double>(range.low) / scale));
    return {scale, std::clamp(zero, 0, 2 * half - 1) - half};
}

CodeLimits codeLimits(int bits, bool symmetric) {
    const int half = 1 << (bits - 1);
    return {symmetric ? 1 - half : -half, half - 1};
}

// Clamping before rounding gives the same codes, for the bounds are whole, and keeps the value small enough for rounded().
void encode(std::span<const float> values, const Step& step, const CodeLimits& limits, std::int8_t* codes) {
    const double least = limits.lowest - step.zero;
    const double most = limits.highest - step.zero;
    const double scale = step.scale;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double steps = rounded(std::clamp(static_cast<double>(values[i]) / scale, least, most));
        codes[i] = static_cast<std::int8_t>(static_cast<int>(steps) + step.zero);
    }
}

}  // namespace trimtab::compress
