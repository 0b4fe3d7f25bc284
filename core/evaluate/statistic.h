#pragma once
// A figure of a whole set of samples that is no mean over them: a ratio of sums, an area under a curve. It answers two questions, and from
// these come its interval and the difference of two trials:
//   value(counts)  the figure when sample i stands counts[i] times in the set: the bootstrap draws such counts
//                  (Efron and Tibshirani 1993, 13.3);
//   scores()       one number for each sample whose mean is the figure and whose spread is the figure's: value + n × the influence of the
//                  sample (the infinitesimal jackknife: Efron 1982, chapter 6; for the AUC they are made of DeLong's components, DeLong
//                  et al. 1988).
// Scores are what a session stores, so that two trials are compared sample by sample as with every other metric.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/base/metric.h"
#include "core/base/statistics.h"

namespace trimtab::evaluate {

class Statistic {
public:
    virtual ~Statistic() = default;
    virtual std::size_t samples() const = 0;
    /// Steps that one value() takes, about.
    virtual std::size_t steps() const = 0;
    /// NaN where the counts leave nothing to measure. REQUIRES: as many counts as samples.
    virtual double value(std::span<const std::uint32_t> counts) const = 0;
    /// REQUIRES: value() of all ones is a number.
    virtual std::vector<double> scores() const = 0;
};

/// value() of every sample counted once.
double valueOf(const Statistic& statistic);

/// The figure with its 95 % interval: percentiles of 2000 resamples, those that leave nothing to measure passed over, less the resamples'
/// bias (Efron and Tibshirani 1993, 10.2): a positive that is drawn twice lifts the average precision of every resample. So it tells how
/// far the figure would lie on other data of this size; what a small set adds to a figure is not taken off. Where they would cost more
/// than kMostSteps the scores are resampled instead. The interval is kept inside what the metric can be.
/// REQUIRES: valueOf(statistic) is a number.
base::Estimate estimateOf(const Statistic& statistic, base::Direction direction);
inline constexpr double kMostSteps = 1e9;

}  // namespace trimtab::evaluate
