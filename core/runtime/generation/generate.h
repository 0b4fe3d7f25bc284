#pragma once
// Text from a language model, token by token: a prompt is read at once (prefill), then each step reads one token of every sequence
// (decode).
#include <functional>
#include <vector>

#include "core/runtime/generation/decoder.h"
#include "core/runtime/generation/sampler.h"

namespace trimtab::runtime {

struct GenerationSetting {
    std::int64_t tokens = 64;         // new ones of each sequence at most
    std::vector<std::int64_t> stops;  // tokens that end a sequence; they are not part of it
    Sampling sampling;
};

struct Generation {
    std::vector<std::vector<std::int64_t>> tokens;  // new ones of each sequence
    std::vector<bool> stopped;                      // by a stop token
    double firstTokenMs = 0;                        // prefill with the choice of the first token
    std::vector<double> stepMs;                     // each later token of all sequences
};

/// Told of each new token as it comes; false ends the generation with what there is.
using TokenListener = std::function<bool(std::size_t sequence, std::int64_t token)>;

/// From empty caches; planning is done before the clock starts. Refused when prompt and new tokens do not fit the decoder's capacity.
Result<Generation> generateTokens(Decoder& decoder, std::span<const std::vector<std::int64_t>> prompts, const GenerationSetting& setting,
                                  const TokenListener& listener = {});

}  // namespace trimtab::runtime
