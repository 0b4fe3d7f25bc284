#include "core/dataset/tokenizers/charsmap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/dataset/tokenizers/unicode.h"
#include "tests/core/dataset/tokenizers/charsmap_writer.h"
#include "tests/core/dataset/tokenizers/small.h"

namespace trimtab::dataset::tokenizers {
namespace {

using testing::HasSubstr;

const Rules kRules{{"a", "1"}, {"ab", "12"}, {"abc", ""}, {"ﬁ", "fi"}, {"e\xcc\x81", "é"}};

std::string refusal(const std::string& blob) {
    const auto map = Charsmap::parse(blob, "normalizer.precompiled_charsmap");
    return map ? "" : map.error().text();
}

TEST(Charsmap, FindsTheShortestAndTheLongestRule) {
    const auto map = Charsmap::parse(charsmapOf(kRules), "x");
    ASSERT_TRUE(map) << map.error().text();
    EXPECT_EQ(map->shortest("abcd")->by, "1");
    EXPECT_EQ(map->longest("abcd")->by, "");
    EXPECT_EQ(map->longest("abcd")->length, 3U);
    EXPECT_EQ(map->longest("abd")->by, "12");
    EXPECT_EQ(map->longest("ﬁx")->by, "fi");
    EXPECT_FALSE(map->longest("b") || map->longest("") || map->longest("e"));
    EXPECT_TRUE(Charsmap::parse("", "x")->empty());
}

TEST(Charsmap, AgreesWithTheListItWasMadeFrom) {
    base::Random random(6);
    Rules rules;
    for (int i = 0; i < 400; ++i) {
        std::string from;
        for (std::uint64_t n = 1 + random.below(4); n > 0; --n)
            append(from, 0x61 + static_cast<char32_t>(random.below(6) * (1 + 300 * random.below(2))));
        rules[from] = std::to_string(i);
    }
    const auto map = Charsmap::parse(charsmapOf(rules), "x");
    ASSERT_TRUE(map);
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        for (int n = 0; n < 6; ++n) append(text, 0x61 + static_cast<char32_t>(random.below(6) * (1 + 300 * random.below(2))));
        std::string expected;
        for (std::size_t length = 1; length <= text.size(); ++length)
            if (const auto rule = rules.find(text.substr(0, length)); rule != rules.end()) expected = rule->second;
        const auto found = map->longest(text);
        ASSERT_EQ(found ? std::string(found->by) : "", expected) << text;
    }
}

TEST(Charsmap, RewritesGraphemesAsTheReferenceDoes) {
    const Json normalizer = {{"type", "Precompiled"}, {"precompiled_charsmap", toBase64(charsmapOf(kRules))}};
    EXPECT_EQ(normalizedBy(normalizer, "xaﬁb"), "x1fib");
    EXPECT_EQ(normalizedBy(normalizer, "e\xcc\x81"), "é");
    // A short grapheme is replaced as a whole, even if the rule is for its start alone; a long one is not.
    EXPECT_EQ(normalizedBy(normalizer, "a\xcc\x81"), "1");
    EXPECT_EQ(normalizedBy(normalizer, "a\xcc\x81\xcc\x81\xcc\x81"), "1\xcc\x81\xcc\x81\xcc\x81");
}

TEST(Charsmap, IsRefusedWhereItIsMalformed) {
    const std::string whole = charsmapOf(kRules);
    EXPECT_THAT(refusal("abc"), HasSubstr("cut off"));
    EXPECT_THAT(refusal(std::string("\xff\xff\xff\x7f", 4) + whole.substr(4)), HasSubstr("not there"));
    EXPECT_THAT(refusal(whole.substr(0, whole.size() - 1)), HasSubstr("last replacement"));
    EXPECT_THAT(refusal(whole + "\xff" + std::string(1, '\0')), HasSubstr("UTF-8"));
    EXPECT_THAT(refusal(whole + std::string(5000, 'a') + std::string(1, '\0')), HasSubstr("longer"));
}

TEST(Charsmap, OfAnyBytesGivesValidTextOrARefusal) {
    base::Random random(7);
    const std::string whole = charsmapOf(kRules);
    for (int round = 0; round < 4000; ++round) {
        std::string mutated = whole;
        for (std::uint64_t changes = 1 + random.below(30); changes > 0; --changes)
            mutated[random.below(mutated.size())] = static_cast<char>(random.below(256));
        const auto map = Charsmap::parse(mutated, "x");
        if (!map) continue;
        for (const char* text : {"abcd", "ﬁ", "e\xcc\x81", "zzz", "你"}) {
            const auto found = map->longest(text);
            if (!found) continue;
            ASSERT_LE(found->length, std::string_view(text).size());
            ASSERT_EQ(repaired(found->by), found->by);
        }
    }
}

TEST(Base64, IsReadWithOrWithoutItsEnd) {
    EXPECT_EQ(fromBase64("TQ=="), "M");
    EXPECT_EQ(fromBase64("TWFu"), "Man");
    EXPECT_EQ(fromBase64("TWE"), "Ma");
    EXPECT_EQ(fromBase64(""), "");
    EXPECT_FALSE(fromBase64("T-Fu"));
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
