#include "core/dataset/tokenizers/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"

namespace trimtab::dataset::tokenizers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> matches(const std::string& expression, const std::string& text) {
    const auto pattern = Pattern::regex(expression, "pattern");
    EXPECT_TRUE(pattern) << pattern.error().text();
    const auto spans = pattern->find(text);
    EXPECT_TRUE(spans) << spans.error().text();
    std::vector<std::string> found;
    std::size_t covered = 0;
    for (const Span& span : *spans) {
        EXPECT_EQ(span.begin, covered);
        covered = span.end;
        if (span.isMatch) found.push_back(text.substr(span.begin, span.end - span.begin));
    }
    EXPECT_EQ(covered, text.size());
    return found;
}

std::string refusal(const std::string& expression) {
    const auto pattern = Pattern::regex(expression, "pre_tokenizer.pattern");
    return pattern ? "" : pattern.error().text();
}

TEST(Pattern, KnowsTheShorthandsOfOniguruma) {
    EXPECT_THAT(matches(R"(\w+)", "a_1é\xcc\x81²-ⓐ"), ElementsAre("a_1é\xcc\x81²", "ⓐ"));
    EXPECT_THAT(matches(R"(\s)", "a\xe1\xa0\x8e\xc2\x85\xe3\x80\x80"), ElementsAre("\xc2\x85", "\xe3\x80\x80"));
    EXPECT_THAT(matches(R"([^\S\n]+)", " \t\nx"), ElementsAre(" \t"));
    EXPECT_THAT(matches(R"(\h+)", "xyzBEEFg"), ElementsAre("BEEF"));
    EXPECT_THAT(matches(R"([\u4e00-\u9fff]+)", "a你好b"), ElementsAre("你好"));
}

TEST(Pattern, TakesLineEndsAsOnigurumaDoes) {
    EXPECT_THAT(matches("^.|.$", "ab\ncd"), ElementsAre("a", "b", "c", "d"));
    EXPECT_THAT(matches("(?m:a.b)", "a\nb"), ElementsAre("a\nb"));
}

TEST(Pattern, RepeatsAnIntervalWithAPlus) {
    EXPECT_THAT(matches(R"(\p{N}{1,3}+)", "1234567"), ElementsAre("1234567"));
    EXPECT_THAT(matches(R"((?:ab){2}+)", "ababababab"), ElementsAre("abababab"));
    EXPECT_THAT(matches(R"([ab]{2}+c)", "aabbc"), ElementsAre("aabbc"));
    EXPECT_THAT(matches(R"(a{,2})", "aaa"), testing::Contains("aa"));
}

TEST(Pattern, IntersectsClasses) {
    EXPECT_THAT(matches(R"([\p{L}&&[^\p{Han}]]+)", "ab你c"), ElementsAre("ab", "c"));
    EXPECT_THAT(refusal("[^a&&[b]]"), HasSubstr("intersection"));
    EXPECT_THAT(refusal("[a[b]]"), HasSubstr("class within a class"));
    EXPECT_THAT(refusal("[a"), HasSubstr("not closed"));
    EXPECT_THAT(refusal("\\p{Han"), HasSubstr("not closed"));
}

TEST(Pattern, MeansTheScriptWithoutWhatItSharesWithOthers) { EXPECT_THAT(matches(R"(\p{Han}+)", "界。"), ElementsAre("界")); }

TEST(Pattern, CutsWhereItMatchesNothing) {
    const auto pattern = Pattern::regex("(?=b)", "p");
    const auto spans = pattern->find("abab");
    ASSERT_TRUE(spans);
    std::size_t texts = 0;
    for (const Span& span : *spans) texts += span.end > span.begin ? 1 : 0;
    EXPECT_EQ(texts, 3U);
    EXPECT_TRUE(pattern->find("")->empty());
}

TEST(Pattern, OfAnyCharactersEndsWithSpansOrARefusal) {
    base::Random random(12);
    const std::string text = "aé (b)-\n1";
    const std::vector<std::string> parts{"a",     "\\", "p{L}", "p{Han", "}", "[", "]", "^", "&&", "(", ")", "?",     "?:",   "?m",
                                         "{1,2}", "{",  "+",    "*",     "|", "s", "w", "W", "-",  "é", "$", "u00e9", "x{41}"};
    for (int round = 0; round < 20'000; ++round) {
        std::string expression;
        for (std::uint64_t n = random.below(9); n > 0; --n) expression += parts[random.below(parts.size())];
        const auto pattern = Pattern::regex(expression, "p");
        if (!pattern) continue;
        const auto spans = pattern->find(text);
        if (!spans) continue;
        std::size_t covered = 0;
        for (const Span& span : *spans) {
            ASSERT_EQ(span.begin, covered) << expression;
            covered = span.end;
        }
        ASSERT_EQ(covered, text.size()) << expression;
    }
}

TEST(Pattern, RefusesWhatIsNoExpressionByItsField) {
    EXPECT_THAT(refusal("(a"), HasSubstr("pre_tokenizer.pattern"));
    EXPECT_THAT(refusal("a**+?)"), HasSubstr("pre_tokenizer.pattern"));
    EXPECT_THAT(refusal(std::string(20'000, 'a')), HasSubstr("longer"));
    EXPECT_THAT(refusal(std::string(2'000, '(')), HasSubstr("pre_tokenizer.pattern"));
    EXPECT_FALSE(Pattern::literal("", "p"));
}

TEST(Pattern, StopsWhatBacktracksWithoutEnd) {
    const auto pattern = Pattern::regex("(a|aa|aaa)+(?<!a)$", "pattern");
    ASSERT_TRUE(pattern);
    const auto spans = pattern->find(std::string(200, 'a') + "b");
    ASSERT_FALSE(spans);
    EXPECT_THAT(spans.error().text(), HasSubstr("takes too long"));
}

TEST(Pattern, FindsALiteralWithoutMeaningInIt) {
    const auto pattern = Pattern::read(Json{{"pattern", {{"String", ".*"}}}}, "pattern", "split");
    ASSERT_TRUE(pattern);
    EXPECT_EQ(pattern->find("a.*b.*")->size(), 4U);
    EXPECT_FALSE(Pattern::read(Json{{"pattern", "a"}}, "pattern", "split"));
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
