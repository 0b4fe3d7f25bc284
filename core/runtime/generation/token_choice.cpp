#include "core/runtime/generation/token_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace trimtab::runtime {
namespace {

/// Tokens in the order in which they are kept: by falling logits, of equals by rising ids.
using Ranked = std::pair<float, std::int64_t>;  // −logit, id

class Choosing {
public:
    Choosing(std::span<const float> logits, float top, const TokenChoice& choice)
        : m_logits(logits),
          m_choice(choice),
          m_top(top),
          m_temperature(static_cast<float>(std::min(choice.temperature, double{std::numeric_limits<float>::max()}))) {}

    std::int64_t run() {
        if (m_choice.topK >= 1 && m_choice.topK < static_cast<double>(m_logits.size()))
            keepLikeliest(static_cast<std::size_t>(m_choice.topK));
        if (m_choice.topP < 1) keepProbable();
        const std::uint64_t kept = keptWeight();
        std::uint64_t left = shareOf(kept, m_choice.drawn, kept - 1);
        for (std::size_t i = 0;; ++i) {  // ends: the weights of all that are kept are more than what is left
            if (!isKept(i)) continue;
            const std::uint64_t weight = weightOf(m_logits[i]);
            if (left < weight) return static_cast<std::int64_t>(i);
            left -= weight;
        }
    }

private:
    Ranked ranked(std::size_t i) const { return {-m_logits[i], static_cast<std::int64_t>(i)}; }
    bool isKept(std::size_t i) const { return ranked(i) <= m_last; }
    std::uint64_t weightOf(float logit) const {
        return static_cast<std::uint64_t>(std::exp((logit - m_top) / m_temperature) * kWeightUnits);
    }
    static std::uint64_t shareOf(std::uint64_t sum, double share, std::uint64_t most) {
        return std::min(static_cast<std::uint64_t>(std::min(std::max(0.0, share), 1.0) * static_cast<double>(sum)), most);
    }
    std::uint64_t keptWeight() const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < m_logits.size(); ++i)
            if (isKept(i)) sum += weightOf(m_logits[i]);
        return sum;
    }

    void keepLikeliest(std::size_t count) {
        std::vector<Ranked> all;
        for (std::size_t i = 0; i < m_logits.size(); ++i) all.push_back(ranked(i));
        const auto last = all.begin() + static_cast<std::ptrdiff_t>(count - 1);
        std::nth_element(all.begin(), last, all.end());
        m_last = *last;
    }

    void keepProbable() {
        const std::uint64_t sum = keptWeight();
        const std::uint64_t enough = std::max<std::uint64_t>(shareOf(sum, m_choice.topP, sum), 1);
        // All the tokens of at most this weight together weigh no more than may be missing: those above are enough.
        const std::uint64_t negligible = (sum - enough) / m_logits.size();
        std::vector<Ranked> candidates;
        for (std::size_t i = 0; i < m_logits.size(); ++i)
            if (isKept(i) && weightOf(m_logits[i]) > negligible) candidates.push_back(ranked(i));
        std::ranges::sort(candidates);
        std::uint64_t reached = 0;
        for (const Ranked& next : candidates) {
            m_last = next;
            reached += weightOf(-next.first);
            if (reached >= enough) return;
        }
    }

    std::span<const float> m_logits;
    const TokenChoice& m_choice;
    float m_top, m_temperature;
    Ranked m_last{std::numeric_limits<float>::infinity(), std::numeric_limits<std::int64_t>::max()};  // that is kept
};

}  // namespace

std::int64_t chooseToken(std::span<const float> logits, const TokenChoice& choice) {
    std::size_t best = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (std::isnan(logits[i])) return kNotANumber;
        if (logits[i] > logits[best]) best = i;
    }
    if (std::isinf(logits[best])) return kInfinite;
    if (!(static_cast<float>(choice.temperature) > 0)) return static_cast<std::int64_t>(best);
    return Choosing(logits, logits[best], choice).run();
}

}  // namespace trimtab::runtime
