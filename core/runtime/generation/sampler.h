#pragma once
// Which token follows, by its logits.
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/base/result.h"

namespace trimtab::runtime {

struct Sampling {
    double temperature = 0;  // 0: the likeliest token, the lowest id among equals
    std::int64_t topK = 0;   // of the likeliest so many; 0: of all
    double topP = 1;         // of the likeliest that together have this probability (Holtzman et al. 2020)
    std::uint64_t seed = 1;
};

/// Usage, naming the field, for values without meaning.
Status check(const Sampling& sampling);

class Sampler {
public:
    /// Sequences of a batch draw from streams of their own.
    Sampler(const Sampling& sampling, std::size_t sequence)
        : m_sampling(sampling), m_random(sampling.seed + sequence * 0x9e3779b97f4a7c15ULL) {}

    /// Failed when a logit is not a number, or the highest is infinite.
    Result<std::int64_t> pick(std::span<const float> logits);

private:
    Sampling m_sampling;
    base::Random m_random;
    std::vector<std::pair<float, std::int64_t>> m_ranked;  // logit, token; kept between calls for its memory
};

}  // namespace trimtab::runtime
