#include "profiler/worker/seeded_tokens.h"

namespace trimtab::worker {

std::vector<std::vector<std::int64_t>> seededTokens(const runtime::Decoder& decoder, std::int64_t count, base::Random& random) {
    std::vector<std::vector<std::int64_t>> tokens(static_cast<std::size_t>(decoder.batch()));
    for (auto& sequence : tokens)
        for (std::int64_t i = 0; i < count; ++i)
            sequence.push_back(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(decoder.vocabulary()))));
    return tokens;
}

}  // namespace trimtab::worker
