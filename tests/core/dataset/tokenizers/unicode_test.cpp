#include "core/dataset/tokenizers/unicode.h"

#include <gtest/gtest.h>

#include "tests/core/dataset/tokenizers/small.h"

namespace trimtab::dataset::tokenizers {
namespace {

// Table 3-7 of the Unicode standard, row by row: which byte may follow which.
std::size_t wellFormed(const std::string& bytes, std::size_t at) {
    const auto in = [&](std::size_t i, int low, int high) {
        return at + i < bytes.size() && static_cast<unsigned char>(bytes[at + i]) >= low &&
               static_cast<unsigned char>(bytes[at + i]) <= high;
    };
    struct Row {
        int first[2], second[2];
        std::size_t length;
    };
    static constexpr Row kRows[] = {{{0x00, 0x7f}, {0, 0}, 1},       {{0xc2, 0xdf}, {0x80, 0xbf}, 2}, {{0xe0, 0xe0}, {0xa0, 0xbf}, 3},
                                    {{0xe1, 0xec}, {0x80, 0xbf}, 3}, {{0xed, 0xed}, {0x80, 0x9f}, 3}, {{0xee, 0xef}, {0x80, 0xbf}, 3},
                                    {{0xf0, 0xf0}, {0x90, 0xbf}, 4}, {{0xf1, 0xf3}, {0x80, 0xbf}, 4}, {{0xf4, 0xf4}, {0x80, 0x8f}, 4}};
    for (const Row& row : kRows) {
        if (!in(0, row.first[0], row.first[1])) continue;
        if (row.length > 1 && !in(1, row.second[0], row.second[1])) return 0;
        for (std::size_t i = 2; i < row.length; ++i)
            if (!in(i, 0x80, 0xbf)) return 0;
        return row.length;
    }
    return 0;
}

TEST(Utf8, LeavesValidTextAndReplacesTheRest) {
    base::Random random(1);
    for (int round = 0; round < 3000; ++round) {
        const std::string bytes = awkward(random, true), text = repaired(bytes);
        EXPECT_EQ(repaired(text), text);
        std::string kept, left;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t length = wellFormed(text, at);
            ASSERT_GT(length, 0U);
            if (text.compare(at, 3, kReplacement) != 0) kept += text.substr(at, length);
            at += length;
        }
        for (std::size_t at = 0; at < bytes.size();) {
            const std::size_t length = wellFormed(bytes, at);
            if (length > 0 && bytes.compare(at, 3, kReplacement) != 0) left += bytes.substr(at, length);
            at += std::max<std::size_t>(length, 1);
        }
        EXPECT_EQ(kept, left);
    }
}

TEST(Utf8, ReplacesEachMaximalInvalidPartOnce) {
    const std::string mark(kReplacement);
    // The standard's own example, table 3-8 and 3-11.
    EXPECT_EQ(repaired("\xf0\x80\x80\x41"), mark + mark + mark + "A");
    EXPECT_EQ(repaired("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), mark + mark + mark + mark + "A");
    EXPECT_EQ(repaired("\xed\xa0\x80"), mark + mark + mark);
    EXPECT_EQ(repaired("\xc0\xaf"), mark + mark);
    EXPECT_EQ(repaired("\xe4\xbd"), mark);
}

TEST(Utf8, KnowsWhatMoreBytesCouldFinish) {
    const std::string rocket = "\xf0\x9f\x9a\x80";
    for (std::size_t length = 0; length <= 4; ++length) EXPECT_EQ(unfinishedTail("a" + rocket.substr(0, length)), length % 4) << length;
    EXPECT_EQ(unfinishedTail("\xc0"), 0U);
    EXPECT_EQ(unfinishedTail("\xf0\x80"), 0U);
    EXPECT_EQ(unfinishedTail("\x80"), 0U);
}

TEST(NormalForms, AreThoseOfTheStandardsExamples) {
    // Unicode standard annex 15, figures 3 to 6.
    EXPECT_EQ(normalized("\xe2\x84\xab", Form::C), "\xc3\x85");
    EXPECT_EQ(normalized("\xe2\x84\xab", Form::D), "A\xcc\x8a");
    EXPECT_EQ(normalized("\xef\xac\x81", Form::C), "\xef\xac\x81");
    EXPECT_EQ(normalized("\xef\xac\x81", Form::Kc), "fi");
    EXPECT_EQ(normalized("2\xe2\x81\xb5", Form::Kd), "25");
    EXPECT_EQ(normalized("\xe1\xba\x9b\xcc\xa3", Form::D), "\xc5\xbf\xcc\xa3\xcc\x87");
    EXPECT_EQ(normalized("\xe1\xba\x9b\xcc\xa3", Form::Kc), "\xe1\xb9\xa9");
    EXPECT_EQ(normalized("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", Form::C), "\xed\x95\x9c");
}

TEST(NormalForms, AreReachedInOneStep) {
    base::Random random(2);
    for (int round = 0; round < 1000; ++round) {
        const std::string text = repaired(awkward(random, false));
        for (const Form form : {Form::C, Form::D, Form::Kc, Form::Kd})
            EXPECT_EQ(normalized(normalized(text, form), form), normalized(text, form));
        EXPECT_EQ(normalized(normalized(text, Form::C), Form::D), normalized(text, Form::D));
        EXPECT_EQ(normalized(normalized(text, Form::D), Form::C), normalized(text, Form::C));
    }
}

TEST(NormalForms, PutALongRunOfMarksInOrder) {
    std::string marks, below, above;
    for (int i = 0; i < 50'000; ++i) {
        marks += "\xcc\x81\xcc\xa3";
        above += "\xcc\x81";
        below += "\xcc\xa3";
    }
    EXPECT_EQ(normalized("q" + marks, Form::D), "q" + below + above);
}

TEST(Characters, AreOfTheirClasses) {
    EXPECT_TRUE(isWhitespace(0x3000) && isWhitespace(0x85) && !isWhitespace(0x200b) && !isWhitespace(0x180e));
    EXPECT_TRUE(isWord('_') && isWord(0x301) && isWord(0x24d0) && isWord(0x200d) && !isWord(0xb2) && !isWord('-'));
    EXPECT_TRUE(isPunctuation(0x3001) && !isPunctuation('$') && isNumeric(0xbd) && isOther(0xad) && !isOther(0x378));
    EXPECT_EQ(lowercased("ÀΑΣİẞ"), "àασi̇ß");
}

TEST(Graphemes, KeepWhatIsSeenAsOneCharacterTogether) {
    EXPECT_EQ(firstGrapheme("e\xcc\x81x"), 3U);
    EXPECT_EQ(firstGrapheme("🏳️‍🌈!"), std::string("🏳️‍🌈").size());
    EXPECT_EQ(firstGrapheme("\r\nx"), 2U);
    EXPECT_EQ(firstGrapheme("ab"), 1U);
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
