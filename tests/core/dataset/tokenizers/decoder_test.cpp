#include "core/dataset/tokenizers/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/dataset/tokenizers/small.h"

namespace trimtab::dataset::tokenizers {
namespace {

using testing::HasSubstr;

std::string decoded(const Json& decoder, std::vector<std::string> tokens) {
    const auto reader = readDecoder(decoder, "decoder");
    EXPECT_TRUE(reader) << reader.error().text();
    (*reader)->apply(tokens, Bytes::Repaired);
    std::string text;
    for (const std::string& token : tokens) text += token;
    return text;
}

TEST(Decoder, JoinsTokensOfEachWriting) {
    EXPECT_EQ(decoded(nullptr, {"a", "b"}), "a b");
    EXPECT_EQ(decoded({{"type", "ByteLevel"}}, {"ĠÃ", "©", "x"}), " éx");
    EXPECT_EQ(decoded({{"type", "ByteLevel"}}, {"你a"}), "你a");
    EXPECT_EQ(decoded({{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}}, {"▁a", "▁b", "c"}), "a bc");
    EXPECT_EQ(decoded({{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "never"}}, {"▁a", "▁b"}), " a b");
    EXPECT_EQ(decoded({{"type", "BPEDecoder"}, {"suffix", "</w>"}}, {"a", "b</w>", "c</w>"}), "ab c");
    EXPECT_EQ(decoded({{"type", "CTC"}, {"pad_token", "<p>"}, {"word_delimiter_token", "|"}, {"cleanup", true}},
                      {"a", "a", "<p>", "a", "|", "b"}),
              "aa b");
}

TEST(Decoder, JoinsWordPiecesAndMendsSpaces) {
    EXPECT_EQ(decoded({{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", false}}, {"do", "##n", "'", "t", "."}), "don ' t .");
    EXPECT_EQ(decoded({{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}, {"he", "##y", ",", "you", "!"}), "hey, you!");
}

TEST(Decoder, GoesThroughTheStepsOfLlama) {
    const Json steps = {{"type", "Sequence"},
                        {"decoders",
                         {{{"type", "Replace"}, {"pattern", {{"String", "▁"}}}, {"content", " "}},
                          {{"type", "ByteFallback"}},
                          {{"type", "Fuse"}},
                          {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}}}};
    EXPECT_EQ(decoded(steps, {"▁▁a", "▁b", "<0xC3>", "<0xA9>", "<0x41"}), " a bé<0x41");
    EXPECT_EQ(decoded(steps, {"<0xC3>", "<0xA9>", "<0xE4>", "a"}),
              "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
              "a");
}

TEST(Decoder, IsRefusedByItsFieldWhenItIsNotKnown) {
    EXPECT_THAT(refusalOf({{"decoder", {{"type", "Morse"}}}}), HasSubstr("decoder.type 'Morse'"));
    EXPECT_THAT(refusalOf({{"decoder", {{"type", "Strip"}, {"content", " "}, {"start", -1}, {"stop", 0}}}}), HasSubstr("decoder"));
    EXPECT_THAT(refusalOf({{"decoder", {{"type", "Sequence"}, {"decoders", {nullptr}}}}}), HasSubstr("decoder.decoders[0]"));
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
