// The patterns are those of the models' own tokenizer.json files; that of "default" is llama.cpp's (llama-vocab.cpp,
// llm_tokenizer_bpe).
#include "core/dataset/tokenizers/gguf_words.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace trimtab::dataset::tokenizers {
namespace {

constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kTekken =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
    R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kPunctuation = R"([\p{P}\$\+<=>\^~\|]+)";
constexpr std::string_view kGpt2Words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S))";

Json splitAt(std::string_view pattern) {
    return {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
}

/// Split by each pattern in turn, then bytes; `usesRegex`: by GPT-2's own pattern last.
Json splitThenBytes(const std::vector<std::string_view>& patterns, bool usesRegex = false) {
    Json steps = Json::array();
    for (const std::string_view pattern : patterns) steps.push_back(splitAt(pattern));
    steps.push_back({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", usesRegex}});
    return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

enum class Kind : std::uint8_t { Default, Gpt2, Digits, Llama3, Qwen2, Tekken };
constexpr std::array<std::pair<std::string_view, Kind>, 11> kNames{{{"default", Kind::Default},
                                                                    {"gpt-2", Kind::Gpt2},
                                                                    {"smollm", Kind::Digits},
                                                                    {"starcoder", Kind::Digits},
                                                                    {"refact", Kind::Digits},
                                                                    {"command-r", Kind::Digits},
                                                                    {"llama-bpe", Kind::Llama3},
                                                                    {"llama3", Kind::Llama3},
                                                                    {"llama-v3", Kind::Llama3},
                                                                    {"qwen2", Kind::Qwen2},
                                                                    {"tekken", Kind::Tekken}}};

}  // namespace

Result<WordRules> wordRulesNamed(const std::string& name) {
    const auto* const found = std::ranges::find(kNames, name, [](const auto& pair) { return pair.first; });
    if (found == kNames.end()) {
        std::string known;
        for (const auto& pair : kNames) known += (known.empty() ? "" : ", ") + std::string(pair.first);
        return fail(ErrorCode::Unsupported, fmt::format("tokenizer.ggml.pre is '{:.40}', which is not known here; {} are", name, known));
    }
    WordRules rules;
    switch (found->second) {
        case Kind::Default: rules.preTokenizer = splitThenBytes({kPunctuation, kGpt2Words, R"(\p{N}+)", "[0-9][0-9][0-9]"}); break;
        case Kind::Gpt2: rules.preTokenizer = splitThenBytes({}, true); break;
        case Kind::Digits: rules.preTokenizer = splitThenBytes({R"(\p{N})"}, true); break;
        case Kind::Llama3:
            rules.preTokenizer = splitThenBytes({kLlama3});
            rules.wholeWordsFirst = rules.beginsWithToken = true;
            break;
        case Kind::Qwen2:
            rules.preTokenizer = splitThenBytes({kQwen2});
            rules.normalizer = {{"type", "NFC"}};
            break;
        case Kind::Tekken:
            rules.preTokenizer = splitThenBytes({kTekken});
            rules.wholeWordsFirst = rules.beginsWithToken = true;
            break;
    }
    return rules;
}

}  // namespace trimtab::dataset::tokenizers
