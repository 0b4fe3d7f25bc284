// The range that holds a given share of the values, zeros among them. Symmetric: of the magnitudes. Asymmetric: what is left out is
// divided evenly between both tails, as a quantile of each end. Within a bin the values count as evenly spread, so an end is right to a
// bin's width. Where so many values are zero that nothing else would be left, the whole range is kept.
#include <algorithm>
#include <numeric>

#include "core/compress/calibrate/methods.h"

namespace trimtab::compress {
namespace {

// The magnitude that `wanted` values of these bins do not exceed; 0 when none are wanted.
double magnitudeOf(const Histogram::Bins& bins, double width, double wanted) {
    if (!(wanted > 0)) return 0;
    double below = 0;
    for (std::size_t i = 0; i < bins.size(); ++i) {
        const auto here = static_cast<double>(bins[i]);
        if (here > 0 && below + here >= wanted) return (static_cast<double>(i) + (wanted - below) / here) * width;
        below += here;
    }
    return static_cast<double>(bins.size()) * width;
}

double sum(const Histogram::Bins& bins) { return static_cast<double>(std::accumulate(bins.begin(), bins.end(), std::int64_t{0})); }

}  // namespace

Range percentileRange(const Histogram& histogram, bool symmetric, double share) {
    const auto count = static_cast<double>(histogram.count());
    const double width = histogram.width();
    if (symmetric) {
        const auto largest = static_cast<double>(histogram.largest());
        const double end = magnitudeOf(histogram.folded(), width, share * count - static_cast<double>(histogram.zeros()));
        const auto kept = static_cast<float>(end > 0 ? std::min(end, largest) : largest);
        return {-kept, kept};
    }
    const double tail = (1 - share) / 2 * count;
    const double low = magnitudeOf(histogram.negative(), width, sum(histogram.negative()) - tail);
    const double high = magnitudeOf(histogram.positive(), width, sum(histogram.positive()) - tail);
    return low > 0 || high > 0 ? histogram.within(-low, high) : histogram.exactRange();
}

}  // namespace trimtab::compress
