// The clip of least squared error over the histogram: each bin stands at its middle with the weight of its count.
#include <algorithm>
#include <vector>

#include "core/compress/calibrate/methods.h"
#include "core/compress/quantize/shrink_range.h"

namespace trimtab::compress {
namespace {

struct Points {
    std::vector<float> values;
    std::vector<double> counts;
};

void append(Points& points, const Histogram::Bins& bins, double signedWidth) {
    for (std::size_t i = 0; i < bins.size(); ++i) {
        if (bins[i] == 0) continue;
        points.values.push_back(static_cast<float>((static_cast<double>(i) + 0.5) * signedWidth));
        points.counts.push_back(static_cast<double>(bins[i]));
    }
}

}  // namespace

Range meanSquareRange(const Histogram& histogram, int bits, bool symmetric) {
    Points points;
    append(points, histogram.positive(), histogram.width());
    append(points, histogram.negative(), -histogram.width());
    const CodeLimits limits = codeLimits(bits, symmetric);
    std::vector<std::int8_t> codes(points.values.size());
    const auto error = [&](const Range& range) {
        const Step step = stepFor(range, bits, symmetric);
        encode(points.values, step, limits, codes.data());
        double sum = 0;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            const double difference = static_cast<double>(points.values[i]) - decode(codes[i], step);
            sum += difference * difference * points.counts[i];
        }
        return sum;
    };
    const Range full = symmetric ? Range{0, histogram.largest()} : histogram.exactRange();
    const Range best = shrinkRange(full, {1.0 / 512, 1.0 / 512}, error);
    return symmetric ? Range{-best.high, best.high} : best;
}

}  // namespace trimtab::compress
