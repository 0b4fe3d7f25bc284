#include "core/runtime/generation/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>


namespace trimtab::runtime {

Status check(const Sampling& sampling) {
    if (!(sampling.temperature >= 0) || !std::isfinite(sampling.temperature))
        return fail(ErrorCode::Usage, fmt::format("temperature must be 0 or more, not {}", sampling.temperature));
    if (sampling.topK < 0) return fail(ErrorCode::Usage, fmt::format("top_k must be 0 or more, not {}", sampling.topK));
    if (!(sampling.topP > 0) || sampling.topP > 1)
        return fail(ErrorCode::Usage, fmt::format("top_p must be above 0 and at most 1, not {}", sampling.topP));
    return {};
}

Result<std::int64_t> Sampler::pick(std::span<const float> logits) {
    std::size_t best = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        if (std::isnan(logits[i])) return fail(ErrorCode::Failed, fmt::format("the logit of token {} is not a number", i));
        if (logits[i] > logits[best]) best = i;
    }
    if (!logits.empty() && std::isinf(logits[best])) return fail(ErrorCode::Failed, fmt::format("the logit of token {} is infinite", best));
    if (m_sampling.temperature == 0) return static_cast<std::int64_t>(best);
    m_ranked.clear();
    for (std::size_t i = 0; i < logits.size(); ++i) m_ranked.emplace_back(-logits[i], static_cast<std::int64_t>(i));
    std::size_t kept = m_ranked.size();
    if (m_sampling.topK > 0) kept = std::min(kept, static_cast<std::size_t>(m_sampling.topK));
    if (kept < m_ranked.size() || m_sampling.topP < 1)
        std::partial_sort(m_ranked.begin(), m_ranked.begin() + static_cast<std::ptrdiff_t>(kept), m_ranked.end());
    const auto weightOf = [&](std::size_t rank) {
        return std::exp((static_cast<double>(-m_ranked[rank].first) - logits[best]) / m_sampling.temperature);
    };
    double sum = 0;
    for (std::size_t i = 0; i < kept; ++i) sum += weightOf(i);
    if (m_sampling.topP < 1) {
        const double enough = sum * m_sampling.topP;
        sum = 0;
        for (std::size_t i = 0; i < kept; ++i) {
            sum += weightOf(i);
            if (sum >= enough) kept = i + 1;
        }
    }
    double left = m_random.uniform() * sum;
    for (std::size_t i = 0; i + 1 < kept; ++i) {
        left -= weightOf(i);
        if (left < 0) return m_ranked[i].second;
    }
    return m_ranked[kept - 1].second;
}

}  // namespace trimtab::runtime
