#include "core/evaluate/distribution.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trimtab::evaluate {
namespace {

bool allFinite(ScoreRow row) {
    return std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); });
}

std::ptrdiff_t highest(ScoreRow row) { return std::max_element(row.begin(), row.end()) - row.begin(); }

/// Rows that already are distributions: non-negative, with sums of 1.
bool isDistribution(ScoreRow row) {
    double sum = 0;
    for (const float value : row) {
        if (!(value >= 0)) return false;
        sum += value;
    }
    return std::abs(sum - 1) < 1e-3;
}

double betweenDistributions(ScoreRow output, ScoreRow reference) {
    constexpr double kLeast = 1e-30;
    double sum = 0;
    for (std::size_t i = 0; i < output.size(); ++i) {
        const double p = std::max<double>(reference[i], kLeast), q = std::max<double>(output[i], kLeast);
        sum += p * std::log(p / q);
    }
    return sum;
}

/// Σ p (r − q's logit) − log Z_r + log Z_q, sums taken from each row's highest logit downwards.
double betweenLogits(ScoreRow output, ScoreRow reference) {
    const double topOutput = *std::max_element(output.begin(), output.end());
    const double topReference = *std::max_element(reference.begin(), reference.end());
    double sumOutput = 0, sumReference = 0, weighted = 0;
    for (std::size_t i = 0; i < output.size(); ++i) {
        const double own = output[i] - topOutput, wanted = reference[i] - topReference;
        const double share = std::exp(wanted);
        sumOutput += std::exp(own);
        sumReference += share;
        weighted += share * (wanted - own);
    }
    return weighted / sumReference - std::log(sumReference) + std::log(sumOutput);
}

}  // namespace

double divergence(ScoreRow output, ScoreRow reference) {
    if (!allFinite(output) || !allFinite(reference)) return std::numeric_limits<double>::infinity();
    const bool already = isDistribution(reference) && isDistribution(output);
    return std::max(already ? betweenDistributions(output, reference) : betweenLogits(output, reference), 0.0);
}

bool ranksAlike(ScoreRow output, ScoreRow reference) { return allFinite(output) && highest(output) == highest(reference); }

}  // namespace trimtab::evaluate
