#include <algorithm>

#include "core/evaluate/evaluate.h"

namespace trimtab::evaluate {

const std::vector<MetricInfo>& metrics() {
    static const std::vector<MetricInfo> all{
        {"top1", Direction::HigherIsBetter, "", "Share of samples whose label has the highest score."},
        {"top5", Direction::HigherIsBetter, "", "Share of samples whose label is among the five highest scores."},
        {"perplexity", Direction::LowerIsBetter, "",
         "Exponential of the mean negative log-likelihood (nats) of the tokens that really follow."},
        {"next_token_accuracy", Direction::HigherIsBetter, "", "Share of tokens that the model ranks first where they really follow."},
        {"rmse", Direction::LowerIsBetter, "", "Root of the mean squared difference from the target."},
        {"relative_error", Direction::LowerIsBetter, "",
         "Length of the difference from the target over the length of the target, averaged over samples."},
        {"agreement", Direction::HigherIsBetter, "", "Share of outputs whose highest entry is the reference's, on seeded inputs."},
        {"sqnr_db", Direction::HigherIsBetter, "dB",
         "Power of the reference's output over the power of the difference from it, on seeded inputs; at most 150 dB."},
        {"kl", Direction::LowerIsBetter, "nats",
         "Kullback-Leibler divergence of the output's distribution from the reference's, on seeded inputs."},
    };
    return all;
}

std::optional<MetricInfo> metricInfo(const std::string& name) {
    const auto& all = metrics();
    const auto found = std::find_if(all.begin(), all.end(), [&](const MetricInfo& info) { return info.name == name; });
    if (found == all.end()) return std::nullopt;
    return *found;
}

}  // namespace trimtab::evaluate
