#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/dataset/tokenizers/small.h"

namespace trimtab::dataset::tokenizers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Json kind(const std::string& type) { return {{"type", type}}; }
Json split(const std::string& behavior, bool invert = false) {
    return {{"type", "Split"}, {"pattern", {{"String", "-"}}}, {"behavior", behavior}, {"invert", invert}};
}

TEST(PreTokenizer, SplitsByEachBehavior) {
    // The reference's documentation shows these five on one text.
    const std::string text = "the-final--countdown";
    EXPECT_THAT(piecesOf(split("Removed"), text), ElementsAre("the", "final", "countdown"));
    EXPECT_THAT(piecesOf(split("Isolated"), text), ElementsAre("the", "-", "final", "-", "-", "countdown"));
    EXPECT_THAT(piecesOf(split("MergedWithPrevious"), text), ElementsAre("the-", "final-", "-", "countdown"));
    EXPECT_THAT(piecesOf(split("MergedWithNext"), text), ElementsAre("the", "-final", "-", "-countdown"));
    EXPECT_THAT(piecesOf(split("Contiguous"), text), ElementsAre("the", "-", "final", "--", "countdown"));
    EXPECT_THAT(piecesOf(split("Removed", true), text), ElementsAre("-", "-", "-"));
}

TEST(PreTokenizer, CutsByteLevelWordsAsGpt2Does) {
    const Json words = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}};
    EXPECT_THAT(piecesOf(words, "I'll  go 42!\n"), ElementsAre("I", "'ll", "Ġ", "Ġgo", "Ġ42", "!", "Ċ"));
    EXPECT_THAT(piecesOf({{"type", "ByteLevel"}, {"add_prefix_space", true}}, "a b"), ElementsAre("Ġa", "Ġb"));
    EXPECT_THAT(piecesOf({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}, "a b"), ElementsAre("aĠb"));
}

TEST(PreTokenizer, WritesSpacesAsBars) {
    Json bars = {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}, {"split", true}};
    EXPECT_THAT(piecesOf(bars, "a  b"), ElementsAre("▁a", "▁", "▁b"));
    EXPECT_THAT(piecesOf(bars, " a"), ElementsAre("▁a"));
    bars["prepend_scheme"] = "never";
    EXPECT_THAT(piecesOf(bars, "a b"), ElementsAre("a", "▁b"));
    bars["split"] = false;
    EXPECT_THAT(piecesOf(bars, "a b"), ElementsAre("a▁b"));
    EXPECT_THAT(piecesOf({{"type", "Metaspace"}, {"replacement", "_"}, {"add_prefix_space", true}}, "a b"), ElementsAre("_a", "_b"));
    EXPECT_THAT(refusalOf({{"pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "ab"}}}}), HasSubstr("one character"));
}

TEST(PreTokenizer, PutsABarOnlyBeforeTheWholeTextWhereTheSchemeIsFirst) {
    const Json vocab = {{"<unk>", 0}, {"▁a", 1}, {"a", 2}, {"<s>", 3}};
    const auto tokenizer = tokenizerOf({{"model", {{"type", "WordLevel"}, {"vocab", vocab}, {"unk_token", "<unk>"}}},
                                        {"added_tokens", Json::array({Json{{"id", 3}, {"content", "<s>"}, {"special", true}}})},
                                        {"pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "first"}}}});
    EXPECT_THAT(tokensOf(tokenizer, "a<s>a"), ElementsAre("▁a", "<s>", "a"));
    EXPECT_THAT(tokensOf(tokenizer, "<s>a"), ElementsAre("<s>", "a"));
}

TEST(PreTokenizer, CutsByClassesOfCharacters) {
    EXPECT_THAT(piecesOf(kind("Whitespace"), "Hey, you_2 ...\xe3\x80\x80!"), ElementsAre("Hey", ",", "you_2", "...", "!"));
    EXPECT_THAT(piecesOf(kind("WhitespaceSplit"), "Hey,  you\n!"), ElementsAre("Hey,", "you", "!"));
    EXPECT_THAT(piecesOf(kind("Punctuation"), "a$b、c"), ElementsAre("a", "$", "b", "、", "c"));
    EXPECT_THAT(piecesOf({{"type", "Punctuation"}, {"behavior", "Contiguous"}}, "a!?b"), ElementsAre("a", "!?", "b"));
    EXPECT_THAT(piecesOf({{"type", "Digits"}, {"individual_digits", true}}, "a12½"), ElementsAre("a", "1", "2", "½"));
    EXPECT_THAT(piecesOf({{"type", "Digits"}, {"individual_digits", false}}, "a12½b"), ElementsAre("a", "12½", "b"));
    EXPECT_THAT(piecesOf(kind("BertPreTokenizer"), "Hey, it's  ok"), ElementsAre("Hey", ",", "it", "'", "s", "ok"));
    EXPECT_THAT(piecesOf({{"type", "CharDelimiterSplit"}, {"delimiter", "|"}}, "a|b||c"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(piecesOf({{"type", "FixedLength"}, {"length", 2}}, "aéb你c"), ElementsAre("aé", "b你", "c"));
}

TEST(PreTokenizer, GoesThroughAListInOrder) {
    EXPECT_THAT(piecesOf({{"type", "Sequence"}, {"pretokenizers", {kind("WhitespaceSplit"), split("Isolated")}}}, "a-b c"),
                ElementsAre("a", "-", "b", "c"));
}

TEST(PreTokenizer, IsRefusedByItsFieldWhenItIsNotKnown) {
    EXPECT_THAT(refusalOf({{"pre_tokenizer", kind("Mystery")}}), HasSubstr("pre_tokenizer.type 'Mystery'"));
    EXPECT_THAT(refusalOf({{"pre_tokenizer", split("Glued")}}), HasSubstr("pre_tokenizer.behavior 'Glued'"));
    EXPECT_THAT(refusalOf({{"pre_tokenizer", {{"type", "FixedLength"}, {"length", 0}}}}), HasSubstr("length"));
    EXPECT_THAT(refusalOf({{"pre_tokenizer", {{"type", "Sequence"}}}}), HasSubstr("pre_tokenizer.pretokenizers"));
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
