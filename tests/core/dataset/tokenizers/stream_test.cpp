#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "core/dataset/tokenizers/unicode.h"
#include "tests/core/dataset/tokenizers/small.h"

namespace trimtab::dataset::tokenizers {
namespace {

std::string streamed(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids) {
    StreamDecoder stream(tokenizer);
    std::string text;
    for (const std::int32_t id : ids) {
        const std::string part = stream.put(id);
        EXPECT_EQ(repaired(part), part);
        text += part;
    }
    return text + stream.finish();
}

TEST(StreamDecoder, HoldsBackWhatIsNoWholeCharacterYet) {
    const auto tokenizer = tokenizerOf({{"model", bytePairs({})}, {"decoder", {{"type", "ByteLevel"}}}});
    StreamDecoder stream(tokenizer);
    EXPECT_EQ(stream.put('a'), "a");
    EXPECT_EQ(stream.put(0xe4), "");
    EXPECT_EQ(stream.put(0xbd), "");
    EXPECT_EQ(stream.put(0xa0), "你");
    EXPECT_EQ(stream.put(0xe4), "");
    EXPECT_EQ(stream.put('b'),
              "\xef\xbf\xbd"
              "b");
    EXPECT_EQ(stream.put(0xe4), "");
    EXPECT_EQ(stream.finish(), "\xef\xbf\xbd");
}

TEST(StreamDecoder, GivesTheTextOfAllTokensTogether) {
    base::Random random(4);
    const auto byteLevel = tokenizerOf({{"model", bytePairs({"Ġ t", "h e", "Ġt he", "ð Ł"})},
                                        {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
                                        {"decoder", {{"type", "ByteLevel"}}}});
    Json vocab = {{"<unk>", 0}, {"▁", 257}, {"▁a", 258}, {"a", 259}, {"b", 260}};
    for (int byte = 0; byte < 256; ++byte) vocab[fmt::format("<0x{:02X}>", byte)] = byte + 1;
    const Json bars = {{"type", "Sequence"},
                       {"decoders",
                        {{{"type", "Replace"}, {"pattern", {{"String", "▁"}}}, {"content", " "}},
                         {{"type", "ByteFallback"}},
                         {{"type", "Fuse"}},
                         {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}}}};
    const auto metaspace =
        tokenizerOf({{"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", {"▁ a"}}, {"byte_fallback", true}, {"unk_token", "<unk>"}}},
                     {"normalizer", {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}}},
                     {"decoder", bars}});
    const auto words = tokenizerOf({{"model", {{"type", "WordPiece"}, {"vocab", {{"a", 0}, {"##b", 1}, {".", 2}, {"[UNK]", 3}}}}},
                                    {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}}});
    for (int round = 0; round < 1000; ++round) {
        const std::string text = awkward(random, false);
        for (const Tokenizer* tokenizer : {&byteLevel, &metaspace}) {
            const auto ids = tokenizer->encode(text).value();
            ASSERT_EQ(streamed(*tokenizer, ids), tokenizer->decode(ids));
        }
        std::vector<std::int32_t> ids;
        for (std::uint64_t count = random.below(12); count > 0; --count) ids.push_back(static_cast<std::int32_t>(random.below(4)));
        ASSERT_EQ(streamed(words, ids), words.decode(ids));
    }
}

TEST(StreamDecoder, PassesOverSpecialAndUnknownIds) {
    const auto tokenizer = tokenizerOf({{"model", bytePairs({})},
                                        {"decoder", {{"type", "ByteLevel"}}},
                                        {"added_tokens", Json::array({Json{{"id", 300}, {"content", "<s>"}, {"special", true}}})}});
    StreamDecoder stream(tokenizer), shown(tokenizer, {.skipSpecialTokens = false});
    EXPECT_EQ(stream.put(300) + stream.put(12345) + stream.put('a'), "a");
    EXPECT_EQ(shown.put(300) + shown.put('a'), "<s>a");
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
