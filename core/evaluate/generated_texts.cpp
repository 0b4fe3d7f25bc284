#include "core/evaluate/generated_texts.h"

#include <algorithm>

#include "core/evaluate/tally.h"
#include "core/evaluate/text_statistics.h"
#include "core/evaluate/text_units.h"
#include "core/runtime/generation/generate.h"

namespace trimtab::evaluate {
namespace {

using dataset::tokenizers::StreamDecoder;
using dataset::tokenizers::Tokenizer;

/// The texts of one batch as they grow.
class GrowingTexts {
public:
    GrowingTexts(const Tokenizer& tokenizer, std::size_t count, bool untilNewline)
        : m_streams(count, StreamDecoder(tokenizer)), m_texts(count), m_tokens(count), m_untilNewline(untilNewline) {}

    /// False once no text of the first `wanted` goes on.
    bool put(std::size_t sequence, std::int64_t token, std::size_t wanted) {
        const std::int64_t step = ++m_tokens[sequence];
        if (!isEnded(sequence)) m_texts[sequence] += m_streams[sequence].put(static_cast<std::int32_t>(token));
        for (std::size_t i = 0; i < wanted; ++i)
            if (!isEnded(i) && m_tokens[i] + 1 >= step) return true;  // those that stopped are steps behind
        return false;
    }

    std::string finish(std::size_t sequence) {
        std::string& text = m_texts[sequence];
        text += m_streams[sequence].finish();
        if (m_untilNewline) text.resize(std::min(text.find('\n'), text.size()));
        return std::move(text);
    }

private:
    bool isEnded(std::size_t sequence) const { return m_untilNewline && m_texts[sequence].find('\n') != std::string::npos; }

    std::vector<StreamDecoder> m_streams;
    std::vector<std::string> m_texts;
    std::vector<std::int64_t> m_tokens;
    bool m_untilNewline;
};

template <class OfTexts>
Status finishTexts(std::span<const std::string> texts, std::span<const dataset::Prompt> prompts, Evaluation& evaluation) {
    OfTexts statistic;
    for (std::size_t i = 0; i < texts.size(); ++i) statistic.addText(texts[i], prompts[i].references);
    return finishWith(statistic, "no text was generated", evaluation);
}

}  // namespace

bool isOfGeneratedTexts(const std::string& metric) { return metric == "exact_match" || metric == "bleu" || metric == "chrf"; }

Result<std::vector<std::string>> generateTexts(runtime::Decoder& decoder, const Tokenizer& tokenizer,
                                               std::span<const dataset::Prompt> prompts, const dataset::GenerationRules& rules,
                                               std::span<const std::int64_t> stops, const Progress& progress) {
    runtime::GenerationSetting setting;
    setting.tokens = rules.mostTokens;
    setting.stops.assign(stops.begin(), stops.end());
    const auto batch = static_cast<std::size_t>(decoder.batch());
    std::vector<std::string> texts;
    while (texts.size() < prompts.size()) {
        const std::size_t first = texts.size(), count = std::min(batch, prompts.size() - first);
        std::vector<std::vector<std::int64_t>> fed;
        for (std::size_t i = 0; i < batch; ++i) fed.push_back(prompts[first + std::min(i, count - 1)].tokens);  // a last one fills up
        GrowingTexts growing(tokenizer, batch, rules.untilNewline);
        const auto isCancelled = [&] { return progress.cancelled && progress.cancelled(); };
        const auto tell = [&](std::size_t sequence, std::int64_t token) { return growing.put(sequence, token, count) && !isCancelled(); };
        TRIMTAB_TRY(const auto made, runtime::generateTokens(decoder, fed, setting, tell));
        if (isCancelled()) return fail(ErrorCode::Cancelled, "the evaluation was cancelled");
        for (std::size_t i = 0; i < count; ++i) texts.push_back(growing.finish(i));
        if (progress.report) progress.report(static_cast<std::int64_t>(texts.size()), static_cast<std::int64_t>(prompts.size()));
    }
    return texts;
}

Result<Evaluation> scoreTexts(const std::string& metric, std::span<const std::string> texts, std::span<const dataset::Prompt> prompts) {
    const auto info = metricInfo(metric);
    if (!info || !isOfGeneratedTexts(info->name)) return fail(ErrorCode::Usage, "the metric \"" + metric + "\" is none of generated texts");
    Evaluation evaluation;
    evaluation.metric = info->name;
    evaluation.direction = info->direction;
    if (info->name == "bleu") {
        TRIMTAB_REQUIRE(finishTexts<BleuStatistic>(texts, prompts, evaluation));
        return evaluation;
    }
    if (info->name == "chrf") {
        TRIMTAB_REQUIRE(finishTexts<ChrfStatistic>(texts, prompts, evaluation));
        return evaluation;
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto isSame = [&](const std::string& reference) { return trimmed(reference) == trimmed(texts[i]); };
        evaluation.sampleScores.push_back(std::ranges::any_of(prompts[i].references, isSame) ? 1 : 0);
    }
    evaluation.n = static_cast<std::int64_t>(texts.size());
    evaluation.estimate = aggregate(evaluation.metric, evaluation.sampleScores, {});
    return evaluation;
}

}  // namespace trimtab::evaluate
