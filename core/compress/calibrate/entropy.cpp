// The clip that loses least information: the histogram clipped at t, P, is held against the same histogram after quantisation, Q, and
// the t of least divergence Σ P log(P / Q) wins.
//   P: the bins inside, what lies outside added to the outermost bin, over the count of everything
//   Q: the bins inside without what lies outside, shared out among as many levels as there are codes; the bins of a level that P knows
//      get equal parts of its sum; over the count inside
// Source: Migacz 2017, "8-bit Inference with TensorRT" (GTC), the slides on entropy calibration. From there, too: codes of a sign are
// 2^(b−1) levels of the magnitudes, and no fewer bins than levels are kept. Differences: exact zeros are left out, for every quantisation
// holds them and the spike a Relu leaves would hide all else; t is a bin's upper edge, and the whole range wins ties. The asymmetric form
// is ours: 2^b levels over the signed bins, both ends clipped at one t, an end that the data do not reach staying where they end. So is
// what to do where t lies in a gap and Q has nothing for the values that P adds at its end: Q gets kNextToNothing of a value there.
//
// As Q is even over a level, Σ P log Q needs one logarithm a level, and Σ P log P comes from sums over leading bins: a clip costs
// as many steps as there are levels.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/compress/calibrate/methods.h"

namespace trimtab::compress {
namespace {

constexpr double kNextToNothing = 1e-4;

double timesLog(double x) { return x > 0 ? x * std::log(x) : 0; }

/// Bins in one line, from the lowest value to the highest.
class Line {
public:
    explicit Line(std::vector<double> bins) : m_bins(std::move(bins)), m_sums(1), m_filled(1), m_timesLog(1) {
        for (const double bin : m_bins) {
            m_sums.push_back(m_sums.back() + bin);
            m_filled.push_back(m_filled.back() + (bin > 0 ? 1 : 0));
            m_timesLog.push_back(m_timesLog.back() + timesLog(bin));
        }
    }

    /// Of the clip to bins [first, last) at so many levels, infinite where nothing lies inside. REQUIRES: last − first ≥ levels ≥ 2.
    double divergence(std::size_t first, std::size_t last, std::size_t levels) const {
        const double total = m_sums.back();
        const double below = m_sums[first];
        const double above = total - m_sums[last];
        const double inside = m_sums[last] - below;
        if (inside == 0) return std::numeric_limits<double>::infinity();
        double againstItself = m_timesLog[last] - m_timesLog[first] - timesLog(total);
        againstItself += timesLog(m_bins[first] + below) - timesLog(m_bins[first]);
        againstItself += timesLog(m_bins[last - 1] + above) - timesLog(m_bins[last - 1]);

        double againstLevels = 0;
        for (std::size_t level = 0; level < levels; ++level) {
            const std::size_t begin = first + level * (last - first) / levels;
            const std::size_t end = first + (level + 1) * (last - first) / levels;
            const double kept = m_sums[end] - m_sums[begin];
            double count = kept;
            double filled = m_filled[end] - m_filled[begin];
            if (level == 0) addOutside(first, below, count, filled);
            if (level + 1 == levels) addOutside(last - 1, above, count, filled);
            if (count == 0) continue;
            againstLevels += count * std::log((kept > 0 ? kept / filled : kNextToNothing) / inside);
        }
        return (againstItself - againstLevels) / total;
    }

private:
    void addOutside(std::size_t bin, double outside, double& count, double& filled) const {
        if (outside > 0 && m_bins[bin] == 0) filled += 1;
        count += outside;
    }

    std::vector<double> m_bins;
    // Over the bins before each place: their sum, how many hold something, and Σ c log c.
    std::vector<double> m_sums;
    std::vector<double> m_filled;
    std::vector<double> m_timesLog;
};

std::size_t reach(const Histogram::Bins& bins) {
    const auto last = std::find_if(bins.rbegin(), bins.rend(), [](std::int64_t count) { return count > 0; });
    return static_cast<std::size_t>(bins.rend() - last);
}

struct Side {
    std::size_t lower = 0;  // bins kept below zero
    std::size_t upper = 0;  // and above
};

// From the full reach down, one bin at a time; a smaller clip must be better by more than rounding.
Side leastDivergent(const Line& line, const Side& full, std::size_t levels) {
    constexpr double kRounding = 1e-12;
    Side best = full;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t bins = std::max(full.lower, full.upper); bins > 0; --bins) {
        const Side side{std::min(bins, full.lower), std::min(bins, full.upper)};
        if (side.lower + side.upper < levels) break;
        const double divergence = line.divergence(full.lower - side.lower, full.lower + side.upper, levels);
        if (divergence < least - kRounding) {
            least = divergence;
            best = side;
        }
    }
    return best;
}

}  // namespace

Range entropyRange(const Histogram& histogram, int bits, bool symmetric) {
    const double width = histogram.width();
    const std::size_t levels = std::size_t{1} << (symmetric ? bits - 1 : bits);
    std::vector<double> line;
    if (symmetric) {
        const Histogram::Bins both = histogram.folded();
        const Side full{0, reach(both)};
        line.assign(both.begin(), both.begin() + static_cast<std::ptrdiff_t>(full.upper));
        const Side best = leastDivergent(Line(std::move(line)), full, levels);
        const double end = std::min(static_cast<double>(best.upper) * width, static_cast<double>(histogram.largest()));
        return {-static_cast<float>(end), static_cast<float>(end)};
    }
    const Side full{reach(histogram.negative()), reach(histogram.positive())};
    for (std::size_t i = full.lower; i > 0; --i) line.push_back(static_cast<double>(histogram.negative()[i - 1]));
    for (std::size_t i = 0; i < full.upper; ++i) line.push_back(static_cast<double>(histogram.positive()[i]));
    const Side best = leastDivergent(Line(std::move(line)), full, levels);
    return histogram.within(-static_cast<double>(best.lower) * width, static_cast<double>(best.upper) * width);
}

}  // namespace trimtab::compress
