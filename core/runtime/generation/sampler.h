#pragma once
// How the tokens of a generated text are drawn, and the random numbers of each sequence.
#include <cstdint>

#include "core/base/random.h"
#include "core/base/result.h"
#include "core/runtime/generation/token_choice.h"

namespace trimtab::runtime {

/// As the members of TokenChoice.
struct Sampling {
    double temperature = 0;
    std::int64_t topK = 0;
    double topP = 1;
    std::uint64_t seed = 1;
};

/// Usage, naming the field, for values without meaning.
Status check(const Sampling& sampling);

class Sampler {
public:
    /// Sequences of a batch draw from streams of their own.
    Sampler(const Sampling& sampling, std::size_t sequence)
        : m_sampling(sampling), m_random(sampling.seed + sequence * 0x9e3779b97f4a7c15ULL) {}

    /// How the next token is chosen.
    TokenChoice next();

private:
    Sampling m_sampling;
    base::Random m_random;
};

}  // namespace trimtab::runtime
