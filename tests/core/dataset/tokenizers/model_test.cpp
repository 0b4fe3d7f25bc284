#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "tests/core/dataset/tokenizers/small.h"

namespace trimtab::dataset::tokenizers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Json numbered(const std::vector<std::string>& tokens) {
    Json vocab = Json::object();
    for (const std::string& token : tokens) vocab[token] = vocab.size();
    return vocab;
}

Json pairs(const std::vector<std::string>& tokens, const std::vector<std::string>& merges, const Json& more = Json::object()) {
    Json model = {{"type", "BPE"}, {"vocab", numbered(tokens)}, {"merges", merges}};
    model.update(more);
    return {{"model", model}};
}

TEST(BytePairs, MergeInTheOrderOfTheList) {
    const std::vector<std::string> tokens{"a", "b", "c", "ab", "bc", "abc"};
    EXPECT_THAT(tokensOf(tokenizerOf(pairs(tokens, {"a b", "b c"})), "abc"), ElementsAre("ab", "c"));
    EXPECT_THAT(tokensOf(tokenizerOf(pairs(tokens, {"b c", "a b", "a bc"})), "abc"), ElementsAre("abc"));
    EXPECT_THAT(tokensOf(tokenizerOf(pairs(tokens, {})), "abc"), ElementsAre("a", "b", "c"));
}

TEST(BytePairs, MergeTheLeftmostOfEqualsFirst) {
    EXPECT_THAT(tokensOf(tokenizerOf(pairs({"a", "aa"}, {"a a"})), "aaaaa"), ElementsAre("aa", "aa", "a"));
}

TEST(BytePairs, TakeAWholeWordWhereMergesAreIgnored) {
    EXPECT_THAT(tokensOf(tokenizerOf(pairs({"a", "b", "ab"}, {})), "ab"), ElementsAre("a", "b"));
    EXPECT_THAT(tokensOf(tokenizerOf(pairs({"a", "b", "ab"}, {}, {{"ignore_merges", true}})), "ab"), ElementsAre("ab"));
}

TEST(BytePairs, FallBackToBytesOrToUnknown) {
    const std::vector<std::string> tokens{"a", "<0xC3>", "<0xA9>", "?"};
    EXPECT_THAT(tokensOf(tokenizerOf(pairs(tokens, {}, {{"byte_fallback", true}})), "aé"), ElementsAre("a", "<0xC3>", "<0xA9>"));
    const auto mixed = tokenizerOf(pairs(tokens, {}, {{"byte_fallback", true}, {"unk_token", "?"}, {"fuse_unk", true}}));
    EXPECT_THAT(tokensOf(mixed, "b你éa"),
                ElementsAre("<0xC3>", "<0xA9>", "?", "a"));  // as the reference: unknown parts wait for the next token
    EXPECT_THAT(tokensOf(tokenizerOf(pairs(tokens, {}, {{"unk_token", "?"}})), "bca"), ElementsAre("?", "?", "a"));
    EXPECT_THAT(tokensOf(tokenizerOf(pairs(tokens, {})), "bca"), ElementsAre("a"));
    const auto missing = tokenizerOf(pairs(tokens, {}, {{"unk_token", "gone"}})).encode("b");
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().text(), HasSubstr("unk_token"));
}

TEST(BytePairs, MarkTheInsideAndTheEndOfAWord) {
    EXPECT_THAT(tokensOf(tokenizerOf(pairs({"a", "b</w>", "ab</w>"}, {"a b</w>"}, {{"end_of_word_suffix", "</w>"}})), "ab"),
                ElementsAre("ab</w>"));
    const auto inside = tokenizerOf(pairs({"a", "##b", "ab", "##c"}, {"a ##b"}, {{"continuing_subword_prefix", "##"}}));
    EXPECT_THAT(tokensOf(inside, "abc"), ElementsAre("ab", "##c"));
}

TEST(BytePairs, TakeMergesAsTextOrAsPairs) {
    Json model = pairs({"a", " ", "a "}, {});
    model["model"]["merges"] = Json::array({Json::array({"a", " "})});
    EXPECT_THAT(tokensOf(tokenizerOf(model), "a "), ElementsAre("a "));
    EXPECT_THAT(tokensOf(tokenizerOf(pairs({"a", "b", "ab"}, {"#version: 0.2", "a b"})), "ab"), ElementsAre("ab"));
}

TEST(BytePairs, AreRefusedWhereAMergeNamesWhatIsNotThere) {
    EXPECT_THAT(refusalOf(pairs({"a", "ab"}, {"a b"})), HasSubstr("model.merges[0]: 'b'"));
    EXPECT_THAT(refusalOf(pairs({"a", "b"}, {"a b"})), HasSubstr("'ab'"));
    EXPECT_THAT(refusalOf(pairs({"a"}, {"a"})), HasSubstr("two tokens"));
    EXPECT_THAT(refusalOf(pairs({"a"}, {"a b c"})), HasSubstr("two tokens"));
    EXPECT_THAT(refusalOf(pairs({"a"}, {}, {{"dropout", 0.1}})), HasSubstr("dropout"));
}

TEST(WordPiece, TakesTheLongestTokenEachTime) {
    Json model = {{"type", "WordPiece"},
                  {"vocab", numbered({"[UNK]", "un", "una", "##ffable", "##ff", "##able", "##able!"})},
                  {"unk_token", "[UNK]"}};
    EXPECT_THAT(tokensOf(tokenizerOf({{"model", model}}), "unffable"), ElementsAre("un", "##ffable"));
    EXPECT_THAT(tokensOf(tokenizerOf({{"model", model}}), "unaff"), ElementsAre("una", "##ff"));
    EXPECT_THAT(tokensOf(tokenizerOf({{"model", model}}), "unaffx"), ElementsAre("[UNK]"));
    model["max_input_chars_per_word"] = 4;
    EXPECT_THAT(tokensOf(tokenizerOf({{"model", model}}), "unaff"), ElementsAre("[UNK]"));
    model["unk_token"] = "[GONE]";
    EXPECT_FALSE(tokenizerOf({{"model", model}}).encode("unaff"));
}

using Scores = std::vector<std::pair<std::string, double>>;

Json unigram(const Scores& scores, const Json& more = Json::object()) {
    Json vocab = Json::array();
    for (const auto& [token, score] : scores) vocab.push_back(Json::array({token, score}));
    Json model = {{"type", "Unigram"}, {"vocab", vocab}, {"unk_id", 0}};
    model.update(more);
    return {{"model", model}};
}

TEST(Unigram, TakesTheMostProbableCut) {
    const Scores vocab = {{"<unk>", 0}, {"a", -1}, {"b", -1}, {"ab", -1.5}, {"abc", -9}, {"c", -2}};
    EXPECT_THAT(tokensOf(tokenizerOf(unigram(vocab)), "abc"), ElementsAre("ab", "c"));
    EXPECT_THAT(tokensOf(tokenizerOf(unigram(vocab)), "axxb"), ElementsAre("a", "<unk>", "b"));
}

// The best sum over every cut, by recursion over where the last piece begins.
double bestSum(const Scores& pieces, const std::string& text) {
    if (text.empty()) return 0;
    double best = -1e9;
    for (const auto& [piece, score] : pieces)
        if (text.ends_with(piece)) best = std::max(best, score + bestSum(pieces, text.substr(0, text.size() - piece.size())));
    return best;
}

TEST(Unigram, AgreesWithTryingEveryCut) {
    base::Random random(5);
    for (int round = 0; round < 200; ++round) {
        Scores pieces;
        for (const char* piece : {"a", "b", "aa", "ab", "ba", "aab", "bab", "abba"}) pieces.emplace_back(piece, random.uniform(-8, -1));
        Scores vocab = pieces;
        vocab.insert(vocab.begin(), {"<unk>", 0});
        std::string text, joined;
        for (int i = 0; i < 9; ++i) text += random.below(2) == 0 ? 'a' : 'b';
        double sum = 0;
        for (const std::string& token : tokensOf(tokenizerOf(unigram(vocab)), text)) {
            joined += token;
            for (const auto& [piece, score] : pieces) sum += piece == token ? score : 0;
        }
        EXPECT_EQ(joined, text);
        EXPECT_NEAR(sum, bestSum(pieces, text), 1e-9) << text;
    }
}

TEST(Unigram, FallsBackToBytes) {
    Scores vocab = {{"<unk>", 0}, {"a", -1}};
    for (int byte = 0; byte < 256; ++byte) vocab.push_back({fmt::format("<0x{:02X}>", byte), 0});
    EXPECT_THAT(tokensOf(tokenizerOf(unigram(vocab, {{"byte_fallback", true}})), "aé"), ElementsAre("a", "<0xC3>", "<0xA9>"));
    EXPECT_THAT(tokensOf(tokenizerOf(unigram(vocab)), "aé"), ElementsAre("a", "<unk>"));
}

TEST(Models, AreRefusedByTheirField) {
    EXPECT_THAT(refusalOf({{"model", {{"type", "Magic"}}}}), HasSubstr("model.type 'Magic'"));
    EXPECT_THAT(refusalOf({{"model", nullptr}}), HasSubstr("no \"model\""));
    EXPECT_THAT(refusalOf(unigram({}, {{"vocab", {"a", "b"}}})), HasSubstr("model.vocab[0]"));
    EXPECT_THAT(refusalOf(unigram(Scores{{"a", 0}}, {{"unk_id", 1}})), HasSubstr("model.unk_id"));
    EXPECT_FALSE(tokenizerOf(unigram(Scores{{"a", 0}}, {{"unk_id", nullptr}})).encode("b"));
    EXPECT_THAT(refusalOf(unigram(Scores{{std::string(2000, 'a'), 0}})), HasSubstr("longer"));
    EXPECT_THAT(refusalOf(unigram(Scores{{"a", 0}, {"a", 0}})), HasSubstr("twice"));
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
