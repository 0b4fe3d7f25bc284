#pragma once
// Metrics of generated text against references: exact_match, bleu, chrf.
#include <span>
#include <string>
#include <vector>

#include "core/dataset/tokenizers/tokenizer.h"
#include "core/evaluate/evaluate.h"
#include "core/runtime/generation/decoder.h"

namespace trimtab::evaluate {

bool isOfGeneratedTexts(const std::string& metric);

/// Greedy texts, each until one of the tokens `stops`, the rules' line break or their most tokens; so many at a time as the decoder has
/// sequences. Refused when a prompt and its text do not fit the decoder.
Result<std::vector<std::string>> generateTexts(runtime::Decoder& decoder, const dataset::tokenizers::Tokenizer& tokenizer,
                                               std::span<const dataset::Prompt> prompts, const dataset::GenerationRules& rules,
                                               std::span<const std::int64_t> stops, const Progress& progress = {});

/// exact_match: whether a text is one of its references, white space at the ends aside. bleu, chrf: text_statistics.h, with the interval
/// and the scores of statistic.h. REQUIRES: as many texts as prompts, one or more.
Result<Evaluation> scoreTexts(const std::string& metric, std::span<const std::string> texts, std::span<const dataset::Prompt> prompts);

}  // namespace trimtab::evaluate
