#include "core/evaluate/statistic.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/random.h"

namespace trimtab::evaluate {
namespace {

constexpr int kResamples = 2000;
constexpr std::uint64_t kSeed = 1;

std::vector<double> resampledValues(const Statistic& statistic) {
    base::Random random(kSeed);
    const std::size_t n = statistic.samples();
    std::vector<std::uint32_t> counts(n);
    std::vector<double> values;
    for (int resample = 0; resample < kResamples; ++resample) {
        std::fill(counts.begin(), counts.end(), 0);
        for (std::size_t i = 0; i < n; ++i) ++counts[random.below(n)];
        const double value = statistic.value(counts);
        if (!std::isnan(value)) values.push_back(value);
    }
    std::sort(values.begin(), values.end());
    return values;
}

/// What is better when higher is a share of something; an error rate has no upper end.
base::Interval insideRange(base::Interval interval, base::Direction direction) {
    const double highest = direction == base::Direction::HigherIsBetter ? 1 : std::numeric_limits<double>::infinity();
    return {std::max(interval.low, 0.0), std::min(interval.high, highest)};
}

base::Interval percentiles(const std::vector<double>& sorted, double value) {
    const auto at = [&](double p) { return sorted[static_cast<std::size_t>(std::lround(p * static_cast<double>(sorted.size() - 1)))]; };
    const double bias = base::mean(sorted) - value;
    return {at(0.025) - bias, at(0.975) - bias};
}

}  // namespace

double valueOf(const Statistic& statistic) { return statistic.value(std::vector<std::uint32_t>(statistic.samples(), 1)); }

base::Estimate estimateOf(const Statistic& statistic, base::Direction direction) {
    const double value = valueOf(statistic);
    const bool isQuick = kResamples * static_cast<double>(statistic.steps()) <= kMostSteps;
    const auto values = isQuick ? resampledValues(statistic) : std::vector<double>();
    const auto interval = values.empty() ? base::bootstrapMean(statistic.scores(), kSeed).interval : percentiles(values, value);
    return {value, insideRange(interval, direction)};
}

}  // namespace trimtab::evaluate
