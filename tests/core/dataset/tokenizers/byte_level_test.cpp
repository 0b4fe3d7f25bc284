// What byte-level tokenizers promise: every text comes back as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/dataset/tokenizers/byte_alphabet.h"
#include "core/dataset/tokenizers/unicode.h"
#include "tests/core/dataset/tokenizers/small.h"

namespace trimtab::dataset::tokenizers {
namespace {

const Json kByteLevel = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}};

Json split(const std::string& expression) {
    return {{"type", "Sequence"},
            {"pretokenizers",
             {{{"type", "Split"}, {"pattern", {{"Regex", expression}}}, {"behavior", "Isolated"}, {"invert", false}},
              {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}};
}

std::vector<Json> preTokenizers() {
    return {kByteLevel,
            split(R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"),
            split(R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)")};
}

TEST(ByteAlphabet, HasALetterForEveryByte) {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string one(1, static_cast<char>(byte));
        std::string back;
        fromByteAlphabet(toByteAlphabet(one), back);
        EXPECT_EQ(back, one);
    }
    EXPECT_EQ(toByteAlphabet(std::string("\n A\0", 4)), "ĊĠAĀ");
}

TEST(ByteLevel, GivesEveryTextBack) {
    base::Random random(3);
    for (const Json& preTokenizer : preTokenizers()) {
        const auto tokenizer = tokenizerOf({{"model", bytePairs({"a a", "Ġ t", "h e", "Ġt he", "Ġ Ġ", "ĠĠ ĠĠ", "aa aa", "ð Ł"})},
                                            {"pre_tokenizer", preTokenizer},
                                            {"decoder", {{"type", "ByteLevel"}}}});
        for (int round = 0; round < 2000; ++round) {
            const std::string bytes = awkward(random, round % 2 == 1), text = repaired(bytes);
            const auto ids = tokenizer.encode(bytes);
            ASSERT_TRUE(ids);
            ASSERT_EQ(tokenizer.decode(*ids), text);
            ASSERT_EQ(tokenizer.encode(text).value(), *ids);
        }
    }
}

TEST(ByteLevel, HasAnEmptyTextForNoTokens) {
    const auto tokenizer = tokenizerOf({{"model", bytePairs({})}, {"pre_tokenizer", kByteLevel}, {"decoder", {{"type", "ByteLevel"}}}});
    EXPECT_TRUE(tokenizer.encode("")->empty());
    EXPECT_EQ(tokenizer.decode({}), "");
    EXPECT_EQ(tokenizer.vocabularySize(), 256);
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
