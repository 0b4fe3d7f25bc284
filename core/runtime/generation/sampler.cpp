#include "core/runtime/generation/sampler.h"

#include <fmt/format.h>

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

TokenChoice Sampler::next() {
    TokenChoice choice{m_sampling.temperature, static_cast<double>(m_sampling.topK), m_sampling.topP};
    if (choice.temperature > 0) choice.drawn = m_random.uniform();
    return choice;
}

}  // namespace trimtab::runtime
