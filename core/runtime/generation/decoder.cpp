#include "core/runtime/generation/decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/runtime/generation/encoder_decoder.h"
#include "core/runtime/generation/in_place_decoder.h"

namespace trimtab::runtime {

void Decoder::clear() { std::ranges::fill(m_lengths, 0); }

Status Decoder::check(std::span<const std::vector<std::int64_t>> tokens) const {
    if (tokens.size() != m_lengths.size())
        return fail(ErrorCode::Usage, fmt::format("{} sequences were fed where there are {}", tokens.size(), m_lengths.size()));
    const bool isFirst = std::ranges::all_of(m_lengths, [](std::int64_t length) { return length == 0; });
    for (std::size_t b = 0; b < tokens.size(); ++b) {
        if (tokens[b].empty()) return fail(ErrorCode::Refused, fmt::format("sequence {} was fed no tokens", b));
        if (!isFirst && tokens[b].size() != tokens[0].size())
            return fail(ErrorCode::Usage, "later tokens must be equally many for each sequence");
        const std::int64_t length = m_lengths[b] + static_cast<std::int64_t>(tokens[b].size());
        if (length > m_capacity)
            return fail(ErrorCode::Refused, fmt::format("{} tokens do not fit the {} that there is room for", length, m_capacity));
        for (const std::int64_t token : tokens[b])
            if (token < 0 || token >= m_vocabulary)
                return fail(ErrorCode::Refused, fmt::format("token {} is outside the vocabulary of {}", token, m_vocabulary));
    }
    return {};
}

Result<std::span<const float>> Decoder::feed(std::span<const std::vector<std::int64_t>> tokens) {
    TRIMTAB_REQUIRE(check(tokens));
    TRIMTAB_TRY(const auto logits, append(tokens));
    noteFed(tokens);
    return logits;
}

Result<std::span<const std::int64_t>> Decoder::choose(std::span<const std::vector<std::int64_t>> tokens,
                                                      std::span<const TokenChoice> choices) {
    TRIMTAB_REQUIRE(check(tokens));
    if (choices.size() != tokens.size())
        return fail(ErrorCode::Usage, fmt::format("{} choices were given for {} sequences", choices.size(), tokens.size()));
    if (m_vocabulary > kMostLogits)
        return fail(ErrorCode::Unsupported,
                    fmt::format("a vocabulary of {} is more than the {} that a token is chosen from", m_vocabulary, kMostLogits));
    TRIMTAB_TRY(const auto chosen, appendAndChoose(tokens, choices));
    noteFed(tokens);
    return chosen;
}

Result<std::span<const std::int64_t>> Decoder::appendAndChoose(std::span<const std::vector<std::int64_t>> tokens,
                                                               std::span<const TokenChoice> choices) {
    TRIMTAB_TRY(const auto logits, append(tokens));
    const auto width = static_cast<std::size_t>(m_vocabulary);
    m_chosen.clear();
    for (std::size_t b = 0; b < choices.size(); ++b) m_chosen.push_back(chooseToken(logits.subspan(b * width, width), choices[b]));
    return std::span<const std::int64_t>(m_chosen);
}

void Decoder::noteFed(std::span<const std::vector<std::int64_t>> tokens) {
    m_largestArena = std::max(m_largestArena, compiled().arenaBytes());
    for (std::size_t b = 0; b < tokens.size(); ++b) m_lengths[b] += static_cast<std::int64_t>(tokens[b].size());
}

Result<std::unique_ptr<Decoder>> makeDecoder(Engine& engine, const Graph& graph, const recipe::RunSetting& setting, std::int64_t batch,
                                             std::int64_t capacity, Answer answer) {
    if (batch < 1 || capacity < 1)
        return fail(ErrorCode::Usage, fmt::format("{} sequences of {} tokens leave nothing to generate", batch, capacity));
    if (isEncoderDecoder(graph))
        return fail(ErrorCode::Unsupported, "its decoder goes on from what its encoder reads: `trimtab generate` alone gives it a source");
    Result<CachedDecoder> inPlace = fail(ErrorCode::Unsupported, "engine " + engine.info().name + " writes no caches in place");
    if (engine.writesCachesInPlace()) inPlace = cachedDecoder(graph, answer);
    if (inPlace) {
        auto made = InPlaceDecoder::make(engine, std::move(*inPlace), setting, batch, capacity);
        if (made) {
            const Status ready = (*made)->prepare(1);  // says whether its attention has a kernel
            if (ready) return made;
            made = fail(ready.error());
        }
        if (made.error().code != ErrorCode::Unsupported) return made;
        inPlace = fail(made.error());
    }
    auto growing = growingDecoder(graph);
    if (growing) return GrowingDecoder::make(engine, std::move(*growing), setting, batch, capacity);
    if (growing.error().code != ErrorCode::Unsupported) return fail(growing.error());
    return fail(ErrorCode::Unsupported, inPlace.error().message + "; " + growing.error().message, inPlace.error().context);
}

}  // namespace trimtab::runtime
