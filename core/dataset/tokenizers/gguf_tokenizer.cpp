// Byte pairs are put into the words of a tokenizer.json, scored pairs into those of a SentencePiece model: both have their readers.
#include "core/dataset/tokenizers/gguf_tokenizer.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/dataset/tokenizers/build.h"
#include "core/dataset/tokenizers/gguf_words.h"

namespace trimtab::dataset::tokenizers {
namespace {

using formats::gguf::Metadata;

const std::string kModel = "tokenizer.ggml.model", kTokens = "tokenizer.ggml.tokens", kKinds = "tokenizer.ggml.token_type";
constexpr const char* kNone = "none";

struct Token {
    std::string_view text;
    PieceKind kind = PieceKind::Normal;
};

/// The index is the id.
Result<std::vector<Token>> tokensIn(const Metadata& metadata) {
    TRIMTAB_TRY(const auto texts, metadata.texts(kTokens));
    std::vector<std::int64_t> kinds(texts.size(), static_cast<std::int64_t>(PieceKind::Normal));
    if (metadata.has(kKinds)) {
        TRIMTAB_TRY(kinds, metadata.integers(kKinds));
    }
    if (kinds.size() != texts.size())
        return fail(ErrorCode::Refused, fmt::format("{} has {} entries for {} tokens", kKinds, kinds.size(), texts.size()));
    if (texts.empty()) return fail(ErrorCode::Refused, kTokens + " is empty");
    std::vector<Token> tokens;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto kind = pieceKindNumbered(kinds[i]);
        if (!kind) return fail(ErrorCode::Refused, fmt::format("{}[{}] is {}, which is not known", kKinds, i, kinds[i]));
        tokens.push_back({texts[i], *kind});
    }
    return tokens;
}

/// The token under `key`, if `flag` asks for it.
Result<Ids> idsAsked(const Metadata& metadata, const char* flag, bool usual, const char* key, std::size_t count) {
    TRIMTAB_TRY(const bool isAsked, metadata.boolean(flag, usual));
    if (!isAsked || (!metadata.has(key) && !metadata.has(flag))) return Ids{};
    TRIMTAB_TRY(const std::int64_t id, metadata.integer(key));
    if (id < 0 || static_cast<std::size_t>(id) >= count)
        return fail(ErrorCode::Refused, fmt::format("{} is {}, which is no token", key, id));
    return Ids{static_cast<std::int32_t>(id)};
}

Result<PostProcessor> postProcessorIn(const Metadata& metadata, bool begins, std::size_t count) {
    TRIMTAB_TRY(Ids before, idsAsked(metadata, "tokenizer.ggml.add_bos_token", begins, "tokenizer.ggml.bos_token_id", count));
    TRIMTAB_TRY(Ids after, idsAsked(metadata, "tokenizer.ggml.add_eos_token", false, "tokenizer.ggml.eos_token_id", count));
    return PostProcessor::around(std::move(before), std::move(after));
}

Result<Json> documentOf(const Metadata& metadata, const std::vector<Token>& tokens, const WordRules& rules) {
    Json vocabulary = Json::object(), added = Json::array(), merges = Json::array();
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const auto& [text, kind] = tokens[i];
        if (kind == PieceKind::Unused) continue;
        if (!vocabulary.emplace(std::string(text), i).second)
            return fail(ErrorCode::Refused, fmt::format("{}[{}] stands twice", kTokens, i));
        if (kind == PieceKind::Control || kind == PieceKind::UserDefined || kind == PieceKind::Unknown)
            added.push_back({{"id", i}, {"content", text}, {"special", kind != PieceKind::UserDefined}, {"normalized", false}});
    }
    TRIMTAB_TRY(const auto listed, metadata.texts("tokenizer.ggml.merges"));
    for (const std::string_view merge : listed) merges.push_back(merge);
    Json model{{"type", "BPE"}, {"vocab", std::move(vocabulary)}, {"merges", std::move(merges)}, {"ignore_merges", rules.wholeWordsFirst}};
    return Json{{"model", std::move(model)},
                {"normalizer", rules.normalizer},
                {"pre_tokenizer", rules.preTokenizer},
                {"decoder", {{"type", "ByteLevel"}}},
                {"added_tokens", std::move(added)}};
}

Result<Tokenizer> bytePairs(const Metadata& metadata) {
    TRIMTAB_TRY(const std::string pattern, metadata.text("tokenizer.ggml.pre", "default"));
    TRIMTAB_TRY(const WordRules rules, wordRulesNamed(pattern));
    TRIMTAB_TRY(const auto tokens, tokensIn(metadata));
    TRIMTAB_TRY(const Json document, documentOf(metadata, tokens, rules));
    TRIMTAB_TRY(auto parts, partsOf(document));
    TRIMTAB_TRY(parts->postProcessor, postProcessorIn(metadata, rules.beginsWithToken, tokens.size()));
    return Tokenizer(std::move(parts));
}

Result<Tokenizer> scoredPairs(const Metadata& metadata) {
    TRIMTAB_TRY(const auto tokens, tokensIn(metadata));
    TRIMTAB_TRY(const auto scores, metadata.numbers("tokenizer.ggml.scores"));
    if (scores.size() != tokens.size())
        return fail(ErrorCode::Refused, fmt::format("tokenizer.ggml.scores has {} entries for {} tokens", scores.size(), tokens.size()));
    SentencePieceFile file;
    file.algorithm = SentencePieceFile::Algorithm::BytePair;
    TRIMTAB_TRY(file.addDummyPrefix, metadata.boolean("tokenizer.ggml.add_space_prefix", true));
    TRIMTAB_TRY(file.removeExtraWhitespaces, metadata.boolean("tokenizer.ggml.remove_extra_whitespaces", false));
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        TRIMTAB_REQUIRE(addPiece(file, {std::string(tokens[i].text), static_cast<float>(scores[i]), tokens[i].kind}));
        file.byteFallback = file.byteFallback || tokens[i].kind == PieceKind::Byte;
    }
    TRIMTAB_TRY(auto parts, partsOf(file, true));
    TRIMTAB_TRY(parts->postProcessor, postProcessorIn(metadata, true, tokens.size()));
    return Tokenizer(std::move(parts));
}

}  // namespace

bool holdsTokenizer(const Metadata& metadata) {
    const auto model = metadata.text(kModel, kNone);
    return !model || (*model != kNone && *model != "no_vocab");
}

Result<Tokenizer> tokenizerIn(const Metadata& metadata) {
    TRIMTAB_TRY(const std::string model, metadata.text(kModel));
    if (model == "gpt2") return bytePairs(metadata);
    if (model == "llama") return scoredPairs(metadata);
    return fail(ErrorCode::Unsupported, fmt::format("{} is '{:.40}', which is not read yet; gpt2 and llama are", kModel, model));
}

}  // namespace trimtab::dataset::tokenizers
