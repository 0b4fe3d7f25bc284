#include "core/compress/quantize/clip.h"

#include <algorithm>

#include "core/compress/quantize/shrink_range.h"

namespace trimtab::compress {
namespace {

double squaredError(std::span<const float> values, const Step& step, const CodeLimits& limits, std::vector<std::int8_t>& codes) {
    codes.resize(values.size());
    encode(values, step, limits, codes.data());
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double error = static_cast<double>(values[i]) - decode(codes[i], step);
        sum += error * error;
    }
    return sum;
}

}  // namespace

double squaredError(std::span<const float> values, const Step& step, int bits, bool symmetric) {
    std::vector<std::int8_t> codes;
    return squaredError(values, step, codeLimits(bits, symmetric), codes);
}

// A symmetric range has one end to search.
Step clippedStep(std::span<const float> values, int bits, bool symmetric) {
    const CodeLimits limits = codeLimits(bits, symmetric);
    std::vector<std::int8_t> codes;
    Range full = rangeOf(values);
    if (symmetric) full = {0, std::max(-full.low, full.high)};
    const Range best = shrinkRange(full, {}, [&](const Range& range) {
        return squaredError(values, stepFor(range, bits, symmetric), limits, codes);
    });
    return stepFor(best, bits, symmetric);
}

Result<tensor::QuantizedWeight> roundClipped(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                             const recipe::WeightSpec& spec) {
    return quantizeByGroup(values, rows, columns, spec,
                           [](const CodeGrid& grid, std::span<const float> group) { return grid.clipped(group); });
}

}  // namespace trimtab::compress
