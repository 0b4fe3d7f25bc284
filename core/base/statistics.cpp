#include "core/base/statistics.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/base/random.h"

namespace trimtab::base {
namespace {

constexpr int kResamples = 2000;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

double sortedQuantile(std::span<const double> sorted, double p) {
    const double position = p * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

std::vector<double> sortedCopy(std::span<const double> values) {
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

// P(X = k) for X ~ Binomial(n, p), in log space so that large n does not underflow.
double binomialTerm(std::int64_t k, std::int64_t n, double p) {
    const auto count = static_cast<double>(n);
    const auto hits = static_cast<double>(k);
    return std::exp(std::lgamma(count + 1) - std::lgamma(hits + 1) - std::lgamma(count - hits + 1) + hits * std::log(p) +
                    (count - hits) * std::log1p(-p));
}

// Two-sided 97.5 % quantile of Student's t with `degrees` of freedom; tabled to 30, then the Cornish-Fisher expansion of the normal
// quantile.
double studentQuantile(std::size_t degrees) {
    static constexpr double kTable[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                        2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                                        2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
    assert(degrees >= 1);
    if (degrees <= std::size(kTable)) return kTable[degrees - 1];
    constexpr double z = 1.959964;
    return z + (z * z * z + z) / (4.0 * static_cast<double>(degrees));
}

template <class Statistic>
Interval bootstrap(std::size_t n, std::uint64_t seed, Statistic statistic) {
    Random random(seed);
    std::vector<std::size_t> picks(n);
    std::vector<double> replicas(kResamples);
    for (double& replica : replicas) {
        for (std::size_t& pick : picks) pick = static_cast<std::size_t>(random.below(n));
        replica = statistic(picks);
    }
    std::sort(replicas.begin(), replicas.end());
    return {sortedQuantile(replicas, 0.025), sortedQuantile(replicas, 0.975)};
}

// log(baseline / trial) of each block's medians; blocks of the baseline itself are passed over.
std::vector<double> logRatios(std::span<const PairedBlock> blocks) {
    std::vector<double> logs;
    logs.reserve(blocks.size());
    for (const PairedBlock& block : blocks)
        if (!block.baseline.empty()) logs.push_back(std::log(median(block.baseline) / median(block.trial)));
    return logs;
}

// 95 % of the differences of means when the values of each side are drawn again.
Interval resampledDifference(const std::vector<double>& a, const std::vector<double>& b, std::uint64_t seed) {
    Random random(seed);
    const auto resampledMean = [&](const std::vector<double>& values) {
        double sum = 0;
        for (std::size_t i = 0; i < values.size(); ++i) sum += values[static_cast<std::size_t>(random.below(values.size()))];
        return values.empty() ? 0.0 : sum / static_cast<double>(values.size());
    };
    std::vector<double> replicas(kResamples);
    for (double& replica : replicas) replica = resampledMean(a) - resampledMean(b);
    std::sort(replicas.begin(), replicas.end());
    return {sortedQuantile(replicas, 0.025), sortedQuantile(replicas, 0.975)};
}

double varianceOfMean(std::span<const double> values) {
    if (values.size() < 2) return 0;
    const double centre = mean(values);
    double squares = 0;
    for (const double value : values) squares += (value - centre) * (value - centre);
    const auto n = static_cast<double>(values.size());
    return squares / (n - 1) / n;
}

// One side's term in the denominator of Welch's degrees of freedom.
double share(double variance, std::size_t n) { return n < 2 ? 0 : variance * variance / static_cast<double>(n - 1); }

std::optional<Estimate> percentile(std::span<const double> values, double p, std::size_t least) {
    if (values.size() < least) return std::nullopt;
    const auto interval = quantileInterval(values, p);
    if (!interval) return std::nullopt;
    return Estimate{quantile(values, p), *interval};
}

}  // namespace

double mean(std::span<const double> values) {
    assert(!values.empty());
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double median(std::span<const double> values) { return quantile(values, 0.5); }

double quantile(std::span<const double> values, double p) {
    assert(!values.empty());
    return sortedQuantile(sortedCopy(values), p);
}

std::optional<Interval> quantileInterval(std::span<const double> values, double p, double confidence) {
    const auto n = static_cast<std::int64_t>(values.size());
    if (n == 0) return std::nullopt;
    const std::vector<double> sorted = sortedCopy(values);
    const double tail = (1.0 - confidence) / 2.0;
    // Order statistics x(l) and x(u), counted from 1, cover the quantile with probability P(l <= X < u), X ~ Binomial(n, p).
    std::int64_t lower = 0;
    std::int64_t upper = n + 1;
    double cumulative = 0;
    bool upperFound = false;
    for (std::int64_t k = 0; k <= n; ++k) {
        cumulative += binomialTerm(k, n, p);
        if (cumulative <= tail) lower = k + 1;
        if (!upperFound && cumulative >= 1.0 - tail) {
            upper = k + 1;
            upperFound = true;
        }
    }
    if (lower >= 1 && upper <= n) return Interval{sorted[static_cast<std::size_t>(lower - 1)], sorted[static_cast<std::size_t>(upper - 1)]};
    // One-sided in the upper tail: the maximum bounds the quantile when p^n <= 1 - confidence; report it as the high end.
    if (lower >= 1 && std::pow(p, static_cast<double>(n)) <= 1.0 - confidence)
        return Interval{sorted[static_cast<std::size_t>(lower - 1)], sorted.back()};
    return std::nullopt;
}

std::optional<Estimate> percentile95(std::span<const double> values) { return percentile(values, 0.95, 59); }
std::optional<Estimate> percentile99(std::span<const double> values) { return percentile(values, 0.99, 299); }

Estimate pairedSpeedup(std::span<const PairedBlock> blocks, std::uint64_t seed) {
    const std::vector<double> logs = logRatios(blocks);
    if (logs.empty()) return {1, {1, 1}};
    const double centre = mean(logs);
    if (logs.size() == 1) return {std::exp(centre), {0, kInfinity}};

    const Interval resampled = bootstrap(logs.size(), seed, [&](const std::vector<std::size_t>& picks) {
        double sum = 0;
        for (const std::size_t pick : picks) sum += logs[pick];
        return sum / static_cast<double>(picks.size());
    });
    const double half = studentQuantile(logs.size() - 1) * std::sqrt(varianceOfMean(logs));
    return {std::exp(centre), {std::exp(std::min(resampled.low, centre - half)), std::exp(std::max(resampled.high, centre + half))}};
}

Estimate speedupRatio(std::span<const PairedBlock> a, std::span<const PairedBlock> b, std::uint64_t seed) {
    const std::vector<double> logsA = logRatios(a);
    const std::vector<double> logsB = logRatios(b);
    const double centre = (logsA.empty() ? 0 : mean(logsA)) - (logsB.empty() ? 0 : mean(logsB));
    if (logsA.empty() && logsB.empty()) return {1, {1, 1}};
    if (logsA.size() == 1 || logsB.size() == 1) return {std::exp(centre), {0, kInfinity}};

    // Welch's degrees of freedom (Welch 1947).
    const double varianceA = varianceOfMean(logsA), varianceB = varianceOfMean(logsB);
    const double total = varianceA + varianceB;
    double half = 0;
    if (total > 0) {
        const double degrees = total * total / (share(varianceA, logsA.size()) + share(varianceB, logsB.size()));
        half = studentQuantile(static_cast<std::size_t>(std::max(1.0, std::floor(degrees)))) * std::sqrt(total);
    }
    Interval interval{centre - half, centre + half};
    // No resampled mean leaves the range of the blocks, so resampling cannot widen an interval that holds this range already.
    const auto extremes = [](const std::vector<double>& logs) {
        if (logs.empty()) return Interval{0, 0};
        const auto [low, high] = std::ranges::minmax(logs);
        return Interval{low, high};
    };
    const Interval rangeA = extremes(logsA), rangeB = extremes(logsB);
    if (rangeA.low - rangeB.high < interval.low || rangeA.high - rangeB.low > interval.high) {
        const Interval resampled = resampledDifference(logsA, logsB, seed);
        interval = {std::min(interval.low, resampled.low), std::max(interval.high, resampled.high)};
    }
    return {std::exp(centre), {std::exp(interval.low), std::exp(interval.high)}};
}

Estimate pairedDifference(std::span<const double> baseline, std::span<const double> trial, std::uint64_t seed) {
    return pairedDifference(baseline, trial, std::span<const double>(), seed);
}

Estimate pairedDifference(std::span<const double> baseline, std::span<const double> trial, std::span<const double> weights,
                          std::uint64_t seed) {
    assert(baseline.size() == trial.size() && !trial.empty() && (weights.empty() || weights.size() == trial.size()));
    const std::size_t n = trial.size();
    const auto weight = [&](std::size_t i) { return weights.empty() ? 1.0 : weights[i]; };
    double weightSum = 0, sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        weightSum += weight(i);
        sum += weight(i) * (trial[i] - baseline[i]);
    }
    const double centre = weightSum > 0 ? sum / weightSum : 0;
    constexpr std::size_t kEnoughForStudent = 30;
    if (n < kEnoughForStudent) {
        const Interval interval = bootstrap(n, seed, [&](const std::vector<std::size_t>& picks) {
            double top = 0, bottom = 0;
            for (const std::size_t i : picks) top += weight(i) * (trial[i] - baseline[i]), bottom += weight(i);
            return bottom > 0 ? top / bottom : centre;
        });
        return {centre, interval};
    }
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double residual = weight(i) * (trial[i] - baseline[i] - centre);
        squares += residual * residual;
    }
    const double count = static_cast<double>(n);
    const double half = weightSum > 0 ? studentQuantile(n - 1) * std::sqrt(squares * count / (count - 1)) / weightSum : 0;
    return {centre, {centre - half, centre + half}};
}

Estimate bootstrapMean(std::span<const double> values, std::uint64_t seed) {
    assert(!values.empty());
    const Interval interval = bootstrap(values.size(), seed, [&](const std::vector<std::size_t>& picks) {
        double sum = 0;
        for (const std::size_t pick : picks) sum += values[pick];
        return sum / static_cast<double>(picks.size());
    });
    return {mean(values), interval};
}

Estimate proportion(std::int64_t successes, std::int64_t n) {
    assert(n > 0 && successes >= 0 && successes <= n);
    constexpr double z = 1.959964;
    const auto count = static_cast<double>(n);
    const double share = static_cast<double>(successes) / count;
    const double denominator = 1 + z * z / count;
    const double centre = (share + z * z / (2 * count)) / denominator;
    const double half = z * std::sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / denominator;
    return {share, {std::max(0.0, centre - half), std::min(1.0, centre + half)}};
}

}  // namespace trimtab::base
