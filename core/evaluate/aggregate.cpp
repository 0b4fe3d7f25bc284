#include <algorithm>
#include <cmath>

#include "core/base/random.h"
#include "core/evaluate/evaluate.h"

namespace trimtab::evaluate {
namespace {

constexpr int kResamples = 2000;
constexpr std::uint64_t kSeed = 1;

/// What a metric does before and after its mean is taken.
double inward(const std::string& metric, double score) { return metric == "rmse" ? score * score : score; }
double outward(const std::string& metric, double average) {
    if (metric == "perplexity") return std::exp(average);
    if (metric == "rmse") return std::sqrt(average);
    return average;
}

/// Means of `resamples` draws of the samples with replacement, each sample with its weight (Efron and Tibshirani 1993, 13.3).
std::vector<double> resampledMeans(const std::vector<double>& scores, const std::vector<double>& weights) {
    base::Random random(kSeed);
    std::vector<double> means(kResamples);
    for (double& value : means) {
        double sum = 0;
        double weight = 0;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            const std::size_t pick = random.below(scores.size());
            if (weights[pick] == 0) continue;
            sum += weights[pick] * scores[pick];
            weight += weights[pick];
        }
        value = weight > 0 ? sum / weight : scores[random.below(scores.size())];
    }
    return means;
}

bool zerosAndOnes(const std::vector<double>& scores) {
    return std::all_of(scores.begin(), scores.end(), [](double score) { return score == 0 || score == 1; });
}

double weightedMean(const std::vector<double>& scores, const std::vector<double>& weights) {
    double sum = 0;
    double weight = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        if (weights[i] == 0) continue;
        sum += weights[i] * scores[i];
        weight += weights[i];
    }
    return sum / weight;
}

}  // namespace

base::Estimate aggregate(const std::string& metric, const std::vector<double>& scores, const std::vector<double>& weights) {
    const bool linear = metric != "perplexity" && metric != "rmse";
    if (weights.empty() && linear && zerosAndOnes(scores)) {
        const auto successes = std::count(scores.begin(), scores.end(), 1.0);
        return base::proportion(successes, static_cast<std::int64_t>(scores.size()));
    }
    std::vector<double> values(scores.size());
    std::transform(scores.begin(), scores.end(), values.begin(), [&](double score) { return inward(metric, score); });
    const std::vector<double> shares = weights.empty() ? std::vector<double>(scores.size(), 1.0) : weights;
    std::vector<double> means = resampledMeans(values, shares);
    std::sort(means.begin(), means.end());
    // Order statistics without interpolation: a mean may be infinite, and infinity minus infinity is no number.
    const auto at = [&](double p) { return outward(metric, means[static_cast<std::size_t>(std::lround(p * (kResamples - 1)))]); };
    return {outward(metric, weightedMean(values, shares)), {at(0.025), at(0.975)}};
}

}  // namespace trimtab::evaluate
