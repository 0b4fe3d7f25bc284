#include "core/runtime/generation/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace trimtab::runtime {
namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

class Run {
public:
    Run(Decoder& decoder, const GenerationSetting& setting, const TokenListener& listener)
        : m_decoder(decoder),
          m_setting(setting),
          m_listener(listener),
          m_next(static_cast<std::size_t>(decoder.batch())),
          m_choices(m_next.size()) {
        m_made.tokens.resize(m_next.size());
        m_made.stopped.assign(m_next.size(), false);
        for (std::size_t b = 0; b < m_next.size(); ++b) m_samplers.emplace_back(setting.sampling, b);
    }

    Result<Generation> run(std::span<const std::vector<std::int64_t>> prompts) {
        auto start = Clock::now();
        TRIMTAB_REQUIRE(chooseBehind(prompts));
        for (std::int64_t step = 0; step < m_setting.tokens; ++step) {
            if (step == 0)
                m_made.firstTokenMs = millisecondsSince(start);
            else
                m_made.stepMs.push_back(millisecondsSince(start));
            if (!tellTokens() || step + 1 == m_setting.tokens) break;
            start = Clock::now();
            TRIMTAB_REQUIRE(chooseBehind(m_next));
        }
        return std::move(m_made);
    }

private:
    /// The next token of each sequence that goes on.
    Status chooseBehind(std::span<const std::vector<std::int64_t>> tokens) {
        for (std::size_t b = 0; b < m_next.size(); ++b) m_choices[b] = m_made.stopped[b] ? TokenChoice{} : m_samplers[b].next();
        TRIMTAB_TRY(const auto chosen, m_decoder.choose(tokens, m_choices));
        for (std::size_t b = 0; b < m_next.size(); ++b) {
            if (m_made.stopped[b]) continue;  // its last token is fed again, and nobody looks at what follows
            if (chosen[b] == kNotANumber)
                return fail(ErrorCode::Failed,
                            fmt::format("a logit of sequence {} behind {} new tokens is not a number", b, m_made.tokens[b].size()));
            if (chosen[b] == kInfinite)
                return fail(ErrorCode::Failed,
                            fmt::format("the highest logit of sequence {} behind {} new tokens is infinite", b, m_made.tokens[b].size()));
            m_next[b].assign(1, chosen[b]);
        }
        return {};
    }

    /// Keeps and tells them, outside the time that they took. False when no sequence goes on, or nobody wants more.
    bool tellTokens() {
        bool goesOn = false, isWanted = true;
        for (std::size_t b = 0; b < m_next.size(); ++b) {
            if (m_made.stopped[b]) continue;
            const std::int64_t token = m_next[b].front();
            if (std::ranges::find(m_setting.stops, token) != m_setting.stops.end()) {
                m_made.stopped[b] = true;
                continue;
            }
            goesOn = true;
            m_made.tokens[b].push_back(token);
            if (m_listener && !m_listener(b, token)) isWanted = false;
        }
        return goesOn && isWanted;
    }

    Decoder& m_decoder;
    const GenerationSetting& m_setting;
    const TokenListener& m_listener;
    std::vector<std::vector<std::int64_t>> m_next;
    std::vector<TokenChoice> m_choices;
    std::vector<Sampler> m_samplers;
    Generation m_made;
};

}  // namespace

Result<Generation> generateTokens(Decoder& decoder, std::span<const std::vector<std::int64_t>> prompts, const GenerationSetting& setting,
                                  const TokenListener& listener) {
    TRIMTAB_REQUIRE(check(setting.sampling));
    if (setting.tokens < 1) return fail(ErrorCode::Usage, "at least one token must be asked for");
    for (const auto& prompt : prompts) {
        const std::int64_t all = static_cast<std::int64_t>(prompt.size()) + setting.tokens;
        if (all - 1 > decoder.capacity())  // the last token is not fed
            return fail(ErrorCode::Refused, fmt::format("a prompt of {} tokens and {} new ones do not fit a context of {}", prompt.size(),
                                                        setting.tokens, decoder.capacity()));
    }
    std::size_t longest = 1;
    for (const auto& prompt : prompts) longest = std::max(longest, prompt.size());
    TRIMTAB_REQUIRE(decoder.prepare(1));
    TRIMTAB_REQUIRE(decoder.prepare(static_cast<std::int64_t>(longest)));
    decoder.clear();
    return Run(decoder, setting, listener).run(prompts);
}

}  // namespace trimtab::runtime
