#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/dataset/tokenizers/small.h"

namespace trimtab::dataset::tokenizers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Json token(int id, const std::string& content, const Json& more = Json::object()) {
    Json entry = {{"id", id}, {"content", content}, {"normalized", false}, {"special", false}};
    entry.update(more);
    return entry;
}

// Characters as tokens, 0 for unknown, and these added.
Tokenizer with(const std::vector<Json>& added, const Json& more = Json::object()) {
    Json parts = {
        {"model", bytePairs({})}, {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}}, {"added_tokens", added}};
    parts.update(more);
    return tokenizerOf(parts);
}

TEST(AddedTokens, AreFoundLeftmostAndLongest) {
    const auto tokenizer = with({token(300, "<a>"), token(301, "<a><b>"), token(302, "<b>")});
    EXPECT_THAT(tokensOf(tokenizer, "x<a><b><b>"), ElementsAre("x", "<a><b>", "<b>"));
    EXPECT_THAT(tokensOf(tokenizer, "<a<a>"), ElementsAre("<", "a", "<a>"));
    EXPECT_THAT(tokensOf(with({token(300, "abcd"), token(301, "bc")}), "abcx"), ElementsAre("a", "bc", "x"));
}

TEST(AddedTokens, TakeSpacesAlong) {
    const auto tokenizer = with({token(300, "<l>", {{"lstrip", true}}), token(301, "<r>", {{"rstrip", true}})});
    EXPECT_THAT(tokensOf(tokenizer, "a \n<l> b"), ElementsAre("a", "<l>", "Ġ", "b"));
    EXPECT_THAT(tokensOf(tokenizer, "a <r> \n b"), ElementsAre("a", "Ġ", "<r>", "b"));
    EXPECT_THAT(tokensOf(tokenizer, "<r>   <l>"), ElementsAre("<r>", "<l>"));
}

TEST(AddedTokens, MayBeConfinedToWholeWords) {
    const auto tokenizer = with({token(300, "ab", {{"single_word", true}})});
    EXPECT_THAT(tokensOf(tokenizer, "ab-ab"), ElementsAre("ab", "-", "ab"));
    EXPECT_THAT(tokensOf(tokenizer, "abc"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(tokensOf(tokenizer, "xab"), ElementsAre("x", "a", "b"));
}

TEST(AddedTokens, AreLookedForBeforeOrAfterNormalizing) {
    const auto tokenizer = with({token(300, "ABC"), token(301, "DEF", {{"normalized", true}})}, {{"normalizer", {{"type", "Lowercase"}}}});
    EXPECT_THAT(tokensOf(tokenizer, "ABC"), ElementsAre("ABC"));
    EXPECT_THAT(tokensOf(tokenizer, "abc"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(tokensOf(tokenizer, "dEf"), ElementsAre("DEF"));
}

TEST(AddedTokens, KeepTheModelsIdWhereItHasOne) {
    const auto tokenizer = with({token(400, "A", {{"special", true}}), token(401, "<s>", {{"special", true}})});
    EXPECT_EQ(tokenizer.idOf("A"), 'A');
    EXPECT_EQ(tokenizer.idOf("<s>"), 401);
    EXPECT_EQ(tokenizer.vocabularySize(), 402);
    const auto specials = tokenizer.specialTokens();
    ASSERT_EQ(specials.size(), 2U);
    EXPECT_EQ(specials[1].text, "<s>");
    EXPECT_TRUE(tokenizer.isSpecial(401) && !tokenizer.isSpecial('B'));
    EXPECT_FALSE(tokenizer.tokenOf(399) || tokenizer.tokenOf(-1) || tokenizer.tokenOf(1 << 30));
}

TEST(AddedTokens, AreSkippedInTextWhereTheyAreSpecial) {
    const auto tokenizer = with({token(300, "<s>", {{"special", true}}), token(301, "<t>")}, {{"decoder", {{"type", "ByteLevel"}}}});
    EXPECT_EQ(tokenizer.decode({300, 'a', 301}), "a<t>");
    EXPECT_EQ(tokenizer.decode({300, 'a', 301, 999, -1}, {.skipSpecialTokens = false}), "<s>a<t>");
}

TEST(AddedTokens, AreRefusedWhereTheyAreMalformed) {
    EXPECT_THAT(refusalOf({{"added_tokens", Json::array({token(-1, "a")})}}), HasSubstr("added_tokens[0]"));
    EXPECT_THAT(refusalOf({{"added_tokens", Json::array({token(1 << 30, "a")})}}), HasSubstr("added_tokens[0]"));
    EXPECT_THAT(refusalOf({{"added_tokens", Json::array({token(5, "a"), token(5, "b")})}}), HasSubstr("have the id 5"));
    EXPECT_THAT(refusalOf({{"added_tokens", Json::array({token(0, "a")})}}), HasSubstr("'<unk>' and 'a'"));
    EXPECT_THAT(refusalOf({{"added_tokens", Json::array({Json{{"id", 1}}})}}), HasSubstr("content"));
    EXPECT_THAT(refusalOf({{"added_tokens", Json::array({token(5, std::string(2000, 'a'))})}}), HasSubstr("longer"));
    EXPECT_THAT(refusalOf({{"added_tokens", 5}}), HasSubstr("added_tokens"));
}

TEST(PostProcessor, PutsSpecialTokensAroundOnlyWhenAsked) {
    const Json processor = {
        {"type", "TemplateProcessing"},
        {"single", {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
        {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {300, 301}}, {"tokens", {"<s>", "x"}}}}}}};
    const auto tokenizer = with({token(300, "<s>"), token(301, "x1")}, {{"post_processor", processor}});
    EXPECT_THAT(tokenizer.encode("a").value(), ElementsAre(300, 301, 'a'));
    EXPECT_THAT(tokenizer.encode("a", {.addSpecialTokens = false}).value(), ElementsAre('a'));
    const Json ends = {{"type", "RobertaProcessing"}, {"cls", {"<s>", 300}}, {"sep", {"x1", 301}}};
    const Json both = {{"type", "Sequence"}, {"processors", Json::array({Json{{"type", "ByteLevel"}}, ends})}};
    EXPECT_THAT(with({token(300, "<s>")}, {{"post_processor", both}}).encode("a").value(), ElementsAre(300, 'a', 301));
}

TEST(PostProcessor, IsRefusedByItsField) {
    EXPECT_THAT(refusalOf({{"post_processor", {{"type", "Wrap"}}}}), HasSubstr("post_processor.type 'Wrap'"));
    EXPECT_THAT(refusalOf({{"post_processor", {{"type", "TemplateProcessing"}}}}), HasSubstr("post_processor.single"));
    const Json unknown = {{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}};
    EXPECT_THAT(refusalOf({{"post_processor", {{"type", "TemplateProcessing"}, {"single", Json::array({unknown})}}}}),
                HasSubstr("special_tokens"));
    EXPECT_THAT(refusalOf({{"post_processor", {{"type", "BertProcessing"}, {"cls", {"a", 1}}, {"sep", {"b", "c"}}}}}),
                HasSubstr("post_processor.sep[1]"));
}

TEST(PostProcessor, IsRefusedWhereItWouldMultiplyTheText) {
    const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
    const Json twice = {{"type", "TemplateProcessing"}, {"single", Json::array({text, text})}, {"special_tokens", Json::object()}};
    EXPECT_THAT(refusalOf({{"post_processor", {{"type", "Sequence"}, {"processors", std::vector<Json>(40, twice)}}}}),
                HasSubstr("repeats the text"));
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
