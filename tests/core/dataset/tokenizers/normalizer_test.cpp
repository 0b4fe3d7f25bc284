#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/dataset/tokenizers/small.h"

namespace trimtab::dataset::tokenizers {
namespace {

using testing::HasSubstr;

Json kind(const std::string& type) { return {{"type", type}}; }

TEST(Normalizer, ReachesEachNormalForm) {
    EXPECT_EQ(normalizedBy(kind("NFC"), "e\xcc\x81"), "é");
    EXPECT_EQ(normalizedBy(kind("NFD"), "é"), "e\xcc\x81");
    EXPECT_EQ(normalizedBy(kind("NFKC"), "ﬁ①"), "fi1");
    EXPECT_EQ(normalizedBy(kind("NFKD"), "ﬁé"), "fie\xcc\x81");
}

TEST(Normalizer, ChangesOrDropsCharacters) {
    EXPECT_EQ(normalizedBy(kind("Lowercase"), "ÀBCß"), "àbcß");
    EXPECT_EQ(normalizedBy(kind("StripAccents"), "e\xcc\x81x"), "ex");
    EXPECT_EQ(normalizedBy(kind("Nmt"),
                           "a\x01\t\xe2\x80\x8b"
                           "b"),
              "a  b");
    EXPECT_EQ(normalizedBy(kind("ByteLevel"), " é"), "ĠÃ©");
    EXPECT_EQ(normalizedBy({{"type", "Strip"}, {"strip_left", true}, {"strip_right", false}},
                           " \xe3\x80\x80"
                           "a "),
              "a ");
    EXPECT_EQ(normalizedBy({{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}}, " a \n"), " a");
}

TEST(Normalizer, PutsTextAroundWhatIsNotEmpty) {
    EXPECT_EQ(normalizedBy({{"type", "Prepend"}, {"prepend", "▁"}}, "a"), "▁a");
    EXPECT_EQ(normalizedBy({{"type", "Prepend"}, {"prepend", "▁"}}, ""), "");
    EXPECT_EQ(normalizedBy({{"type", "Append"}, {"append", "."}}, "a"), "a.");
}

TEST(Normalizer, ReplacesTextsAndPatterns) {
    EXPECT_EQ(normalizedBy({{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}}, "a b "), "a▁b▁");
    EXPECT_EQ(normalizedBy({{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", " "}}, "a    b  c d"), "a b c d");
    EXPECT_EQ(normalizedBy({{"type", "Replace"}, {"pattern", {{"Regex", "(a)"}}}, {"content", "$1\\1"}}, "a"), "$1\\1");
}

TEST(Normalizer, CleansAsBertDoes) {
    Json bert = {
        {"type", "BertNormalizer"}, {"clean_text", true}, {"handle_chinese_chars", true}, {"strip_accents", nullptr}, {"lowercase", true}};
    EXPECT_EQ(normalizedBy(bert, std::string(1, '\0') + "H\xc3\xa9\tLLO\xc2\xad\xef\xbf\xbd" "你"),
              "he llo 你 ");
    bert["lowercase"] = false;
    EXPECT_EQ(normalizedBy(bert, "É"), "É");
    bert["strip_accents"] = true;
    EXPECT_EQ(normalizedBy(bert, "É"), "E");
}

TEST(Normalizer, GoesThroughAListInOrder) {
    const Json list = {
        {"type", "Sequence"},
        {"normalizers", {{{"type", "Prepend"}, {"prepend", "A"}}, kind("Lowercase"), {{"type", "Append"}, {"append", "B"}}}}};
    EXPECT_EQ(normalizedBy(list, "C"), "acB");
}

TEST(Normalizer, IsRefusedByItsFieldWhenItIsNotKnown) {
    EXPECT_THAT(refusalOf({{"normalizer", kind("Rot13")}}), HasSubstr("normalizer.type 'Rot13'"));
    EXPECT_THAT(refusalOf({{"normalizer", {{"type", "Sequence"}, {"normalizers", {kind("NFC"), kind("X")}}}}}),
                HasSubstr("normalizer.normalizers[1].type"));
    EXPECT_THAT(refusalOf({{"normalizer", {{"type", "Prepend"}}}}), HasSubstr("prepend"));
    EXPECT_THAT(refusalOf({{"normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", "!"}}}}), HasSubstr("Base64"));
    EXPECT_THAT(refusalOf({{"normalizer", "NFC"}}), HasSubstr("normalizer"));
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
