#include "tests/core/dataset/tokenizers/small.h"

#include <gtest/gtest.h>

#include "core/dataset/tokenizers/byte_alphabet.h"
#include "core/dataset/tokenizers/normalizer.h"
#include "core/dataset/tokenizers/pre_tokenizer.h"

namespace trimtab::dataset::tokenizers {

Json document(const Json& parts) {
    Json whole = {{"version", "1.0"},   {"added_tokens", Json::array()}, {"normalizer", nullptr},    {"pre_tokenizer", nullptr},
                  {"decoder", nullptr}, {"model", anyModel()},           {"post_processor", nullptr}};
    whole.update(parts);
    return whole;
}

Json anyModel() { return {{"type", "WordLevel"}, {"vocab", {{"<unk>", 0}}}, {"unk_token", "<unk>"}}; }

Json bytePairs(const std::vector<std::string>& merges) {
    Json vocab = Json::object();
    for (int byte = 0; byte < 256; ++byte) vocab[toByteAlphabet(std::string(1, static_cast<char>(byte)))] = byte;
    for (const std::string& merge : merges) {
        std::string token = merge;
        token.erase(token.find(' '), 1);
        vocab[token] = vocab.size();
    }
    return {{"type", "BPE"}, {"vocab", vocab}, {"merges", merges}};
}

Tokenizer tokenizerOf(const Json& parts) {
    auto tokenizer = parseTokenizer(base::dumpJson(document(parts)), "small");
    EXPECT_TRUE(tokenizer) << tokenizer.error().text();
    return *tokenizer;
}

std::string refusalOf(const Json& parts) {
    const auto tokenizer = parseTokenizer(base::dumpJson(document(parts)), "small");
    return tokenizer ? "" : tokenizer.error().text();
}

std::vector<std::string> tokensOf(const Tokenizer& tokenizer, const std::string& text) {
    const auto ids = tokenizer.encode(text, {.addSpecialTokens = false});
    EXPECT_TRUE(ids) << ids.error().text();
    std::vector<std::string> tokens;
    for (const std::int32_t id : *ids) tokens.push_back(tokenizer.tokenOf(id).value_or("?"));
    return tokens;
}

std::vector<std::string> piecesOf(const Json& preTokenizer, const std::string& text) {
    const auto cutter = readPreTokenizer(preTokenizer, "pre_tokenizer");
    EXPECT_TRUE(cutter) << cutter.error().text();
    Pieces pieces;
    EXPECT_TRUE((*cutter)->apply({text, true}, pieces));
    std::vector<std::string> texts;
    for (const Piece& piece : pieces) texts.push_back(piece.text);
    return texts;
}

std::string normalizedBy(const Json& normalizer, const std::string& text) {
    const auto change = readNormalizer(normalizer, "normalizer");
    EXPECT_TRUE(change) << change.error().text();
    Piece piece{text, true};
    EXPECT_TRUE((*change)->apply(piece));
    return piece.text;
}

std::string awkward(base::Random& random, bool invalid) {
    static const std::vector<std::string> kParts{"a",
                                                 "the ",
                                                 "don't",
                                                 "I'VE",
                                                 " ",
                                                 "  ",
                                                 "\n",
                                                 "\r\n",
                                                 "\t",
                                                 "\xc2\xa0",
                                                 "12345",
                                                 "!?",
                                                 "__",
                                                 "é",
                                                 "e\xcc\x81\xcc\xa3",
                                                 "ﬁ",
                                                 "Ω",
                                                 "你好",
                                                 "カ\xe3\x82\x99",
                                                 "한국어",
                                                 "नमस्ते",
                                                 "שלום",
                                                 "👩‍🚀",
                                                 "🏳️‍🌈",
                                                 "🇩🇪",
                                                 "▁",
                                                 "\xef\xbf\xbd",
                                                 "<0x41>",
                                                 std::string(1, '\0')};
    std::string text;
    for (std::uint64_t parts = random.below(24); parts > 0; --parts) {
        if (random.below(8) == 0) text += std::string(random.below(60), random.below(2) == 0 ? ' ' : 'a');
        else if (invalid && random.below(3) == 0) text.push_back(static_cast<char>(random.below(256)));
        else text += kParts[random.below(kParts.size())];
    }
    return text;
}

}  // namespace trimtab::dataset::tokenizers
