#include "core/compress/quantize/round_to_nearest.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <span>

namespace trimtab::compress {
namespace {

struct Range {
    float low = 0;   // <= 0
    float high = 0;  // >= 0
};

struct Step {
    float scale = 1;
    int zero = 0;  // in shifted units: code − 2^(b−1) when asymmetric
};

Range rangeOf(std::span<const float> values) {
    Range range;
    for (const float value : values) {
        range.low = std::min(range.low, value);
        range.high = std::max(range.high, value);
    }
    return range;
}

bool allFinite(std::span<const float> values) {
    bool finite = true;
    for (const float value : values) finite &= std::abs(value) <= std::numeric_limits<float>::max();
    return finite;
}

// Adding and subtracting 1.5 · 2^52 leaves a double without its fraction, rounded to even: a call of nearbyint an element costs several
// times as much.
double rounded(double value) {
    constexpr double kShift = 0x1.8p52;
    return (value + kShift) - kShift;
}

// A scale below the normal numbers could vanish, and dividing by it would lose everything; a larger step keeps the bound of half a step.
float usableScale(double scale) { return scale == 0 ? 1.0F : std::max(static_cast<float>(scale), std::numeric_limits<float>::min()); }

Step stepFor(const Range& range, int bits, bool symmetric) {
    const int half = 1 << (bits - 1);
    if (symmetric) return {usableScale(static_cast<double>(std::max(-range.low, range.high)) / (half - 1)), 0};
    const float scale = usableScale((static_cast<double>(range.high) - range.low) / (2 * half - 1));
    const auto zero = static_cast<int>(rounded(-static_cast<double>(range.low) / scale));
    return {scale, std::clamp(zero, 0, 2 * half - 1) - half};
}

// Clamping before rounding gives the same codes, for the bounds are whole, and keeps the value small enough for rounded().
void encode(std::span<const float> values, const Step& step, int lowest, int highest, std::int8_t* codes) {
    const double least = lowest - step.zero;
    const double most = highest - step.zero;
    const double scale = step.scale;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double steps = rounded(std::clamp(static_cast<double>(values[i]) / scale, least, most));
        codes[i] = static_cast<std::int8_t>(static_cast<int>(steps) + step.zero);
    }
}

}  // namespace

Result<tensor::QuantizedWeight> roundToNearest(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                               const recipe::WeightSpec& spec) {
    assert(spec.bits >= 2 && spec.bits <= 8 && static_cast<std::int64_t>(values.size()) == rows * columns && columns > 0);
    if (!allFinite(values))
        return fail(ErrorCode::Refused,
                    "the weight holds infinities, which no integer code can stand for; leave this layer at 32 or 16 bits by a rule");

    tensor::QuantizedWeight weight;
    weight.rows = rows;
    weight.columns = columns;
    weight.bits = spec.bits;
    weight.symmetric = spec.scheme == "symmetric";
    weight.group = spec.group > 0 ? std::min(spec.group, columns) : columns;
    const int half = 1 << (spec.bits - 1);
    const int lowest = weight.symmetric ? 1 - half : -half;
    const std::int64_t perRow = weight.groups();
    const Step shared = stepFor(rangeOf(values), spec.bits, weight.symmetric);

    weight.codes.resize(values.size());
    weight.scales.reserve(static_cast<std::size_t>(rows * perRow));
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t group = 0; group < perRow; ++group) {
            const std::int64_t begin = group * weight.group;
            const std::int64_t count = std::min(weight.group, columns - begin);
            const std::span part(values.data() + row * columns + begin, static_cast<std::size_t>(count));
            const Step step = spec.group < 0 ? shared : stepFor(rangeOf(part), spec.bits, weight.symmetric);
            weight.scales.push_back(step.scale);
            if (!weight.symmetric) weight.zeroPoints.push_back(static_cast<std::int8_t>(step.zero));
            encode(part, step, lowest, half - 1, weight.codes.data() + row * columns + begin);
        }
    }
    return weight;
}

}  // namespace trimtab::compress
