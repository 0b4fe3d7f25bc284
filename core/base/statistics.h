#pragma once
// Order statistics, bootstrap intervals and paired comparisons: the mathematics of the honesty rules.
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace trimtab::base {

struct Interval {
    double low = 0;
    double high = 0;
};

struct Estimate {
    double value = 0;
    Interval interval;  // 95 %
};

double mean(std::span<const double> values);
/// Sample median (mean of the middle two for an even count). REQUIRES: not empty.
double median(std::span<const double> values);
/// Sample quantile, linear interpolation between order statistics (Hyndman and Fan 1996, type 7). REQUIRES: not empty.
double quantile(std::span<const double> values, double p);

/// Distribution-free confidence interval of a quantile from order statistics and the binomial distribution
/// (David and Nagaraja, Order Statistics, 7.1). nullopt when n is too small for that confidence.
std::optional<Interval> quantileInterval(std::span<const double> values, double p, double confidence = 0.95);

/// p95 needs at least 59 samples, p99 at least 299 (the smallest n for which the maximum bounds the quantile with 95 %).
std::optional<Estimate> percentile95(std::span<const double> values);
std::optional<Estimate> percentile99(std::span<const double> values);

/// One block of a paired measurement: latencies of baseline and trial taken alternately in one process. A block of the baseline itself has
/// no `baseline`.
struct PairedBlock {
    std::vector<double> baseline;
    std::vector<double> trial;
};

/// Speed-up = geometric mean over blocks of (median baseline latency / median trial latency), with a 95 % interval that
/// resamples whole blocks, never single timings (percentile bootstrap, exact enumeration for few blocks; small-sample
/// widening by Student's t on log ratios, whichever interval is wider). One block gives [0, inf);
/// blocks of the baseline itself give exactly 1.
Estimate pairedSpeedup(std::span<const PairedBlock> blocks, std::uint64_t seed = 1);

/// Speed-up of a over that of b, both paired with the same baseline: ratio of geometric means over blocks, with a 95 % interval that
/// resamples the blocks of each side (and Welch's t on log ratios; the wider one counts). A side without blocks is the baseline itself:
/// exactly 1. One block on a side gives [0, inf).
Estimate speedupRatio(std::span<const PairedBlock> a, std::span<const PairedBlock> b, std::uint64_t seed = 1);

/// Mean of per-sample differences (trial - baseline), with a 95 % interval over samples: Student's t from 30 samples on, a seeded bootstrap
/// below. With weights (tokens a sample counts for) the weighted mean, its variance linearised as a ratio's (Cochran, Sampling
/// Techniques, 6.3). REQUIRES: equal sizes (weights may be empty), not empty.
Estimate pairedDifference(std::span<const double> baseline, std::span<const double> trial, std::uint64_t seed = 1);
Estimate pairedDifference(std::span<const double> baseline, std::span<const double> trial, std::span<const double> weights,
                          std::uint64_t seed = 1);

/// Mean of per-sample scores with a 95 % bootstrap interval. REQUIRES: not empty.
Estimate bootstrapMean(std::span<const double> values, std::uint64_t seed = 1);

/// Wilson's score interval of a proportion, 95 % (Wilson 1927). REQUIRES: 0 <= successes <= n, n > 0.
Estimate proportion(std::int64_t successes, std::int64_t n);

}  // namespace trimtab::base
