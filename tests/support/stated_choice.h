#pragma once
// The choice of a token stated plainly in double: probabilities, sorted, cut and laid side by side; and cases of it for the host's and the
// GPU's choosers.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "core/runtime/generation/token_choice.h"

namespace trimtab::support {

/// The token, and the neighbours on which a number drawn within rounding of a border may fall too.
struct StatedChoice {
    std::vector<std::int64_t> tokens;
    bool allows(std::int64_t token) const { return std::ranges::find(tokens, token) != tokens.end(); }
};

inline StatedChoice statedChoice(const std::vector<float>& logits, const runtime::TokenChoice& choice) {
    std::vector<std::size_t> ranks(logits.size());
    std::iota(ranks.begin(), ranks.end(), std::size_t{0});
    std::ranges::stable_sort(ranks, [&](std::size_t a, std::size_t b) { return logits[a] > logits[b]; });
    if (choice.temperature == 0) return {{static_cast<std::int64_t>(ranks.front())}};
    if (choice.topK > 0 && choice.topK < static_cast<double>(ranks.size())) ranks.resize(static_cast<std::size_t>(choice.topK));
    const double top = logits[ranks.front()];
    const auto weightOf = [&](std::size_t i) { return std::exp((static_cast<double>(logits[i]) - top) / choice.temperature); };
    const auto sumOf = [&] {
        double sum = 0;
        for (const std::size_t i : ranks) sum += weightOf(i);
        return sum;
    };
    double reached = 0;
    const double enough = sumOf() * choice.topP;
    std::size_t kept = 0;
    while (kept < ranks.size() && (kept == 0 || reached < enough * (1 - 1e-12))) reached += weightOf(ranks[kept++]);
    if (choice.topP < 1) ranks.resize(kept);
    std::ranges::sort(ranks);
    constexpr double kRounding = 3e-6;  // of weights in float32
    const double sum = sumOf(), at = choice.drawn * sum;
    StatedChoice stated;
    double begin = 0;
    for (const std::size_t i : ranks) {
        const double end = begin + weightOf(i);
        if (end > at - kRounding * sum && begin <= at + kRounding * sum) stated.tokens.push_back(static_cast<std::int64_t>(i));
        begin = end;
    }
    return stated;
}

/// Vocabularies from one token to some thousands, logits that are wide, narrow, of few values (many equals), partly −∞.
inline std::vector<std::pair<std::vector<float>, runtime::TokenChoice>> statedChoices() {
    std::mt19937 engine(5);
    std::uniform_real_distribution<double> uniform(0, 1);
    std::normal_distribution<float> normal;
    std::vector<std::pair<std::vector<float>, runtime::TokenChoice>> cases;
    for (const std::size_t vocabulary : {1U, 2U, 31U, 33U, 1000U, 5003U})
        for (const int kind : {0, 1, 2, 3}) {
            std::vector<float> logits(vocabulary);
            for (float& logit : logits) {
                logit = normal(engine) * (kind == 1 ? 0.01F : 4.0F);
                if (kind == 2) logit = std::round(logit / 4) + 0.0F;
                if (kind == 3 && uniform(engine) < 0.3) logit = -INFINITY;
            }
            logits[vocabulary / 2] = kind == 1 ? 0.03F : 9;
            for (const auto& [temperature, topK, topP] : std::vector<std::tuple<double, double, double>>{
                     {0, 0, 1}, {1, 0, 1}, {0.5, 0, 1}, {1, 5, 1}, {2, 50, 1}, {1.5, 0, 0.9}, {4, 0, 0.35}, {2, 40, 0.8}, {1, 1, 0.5}})
                cases.push_back({logits, {temperature, topK, topP, uniform(engine)}});
        }
    return cases;
}

}  // namespace trimtab::support
