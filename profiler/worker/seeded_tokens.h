#pragma once
// Texts to time: speed does not depend on what they say.
#include <cstdint>
#include <vector>

#include "core/base/random.h"
#include "core/runtime/generation/decoder.h"

namespace trimtab::worker {

/// `count` tokens for each sequence of the decoder, anywhere in its vocabulary.
std::vector<std::vector<std::int64_t>> seededTokens(const runtime::Decoder& decoder, std::int64_t count, base::Random& random);

}  // namespace trimtab::worker
