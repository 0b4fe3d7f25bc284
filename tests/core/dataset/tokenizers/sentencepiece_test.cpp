#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "core/base/file.h"
#include "tests/core/dataset/tokenizers/charsmap_writer.h"
#include "tests/core/dataset/tokenizers/sentencepiece_writer.h"
#include "tests/core/dataset/tokenizers/small.h"

namespace trimtab::dataset::tokenizers {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<PieceSpec> kStart{{"<unk>", 0, 2}, {"<s>", 0, 3}, {"</s>", 0, 3}};

ModelSpec unigram(const std::vector<PieceSpec>& pieces) {
    ModelSpec spec;
    spec.pieces = kStart;
    spec.pieces.insert(spec.pieces.end(), pieces.begin(), pieces.end());
    return spec;
}

Tokenizer opened(const ModelSpec& spec) {
    auto tokenizer = parseTokenizer(modelFile(spec), "small.model");
    EXPECT_TRUE(tokenizer) << tokenizer.error().text();
    return *tokenizer;
}

std::string refusal(const std::string& bytes) {
    const auto tokenizer = parseTokenizer(bytes, "small.model");
    return tokenizer ? "" : tokenizer.error().text();
}

TEST(SentencePiece, PutsOneSpaceBeforeTheTextAndRemovesExtraOnes) {
    ModelSpec spec = unigram({{"▁a", -1}, {"▁b", -1}, {"▁", -3}, {"a", -3}, {"b", -3}});
    EXPECT_THAT(tokensOf(opened(spec), "  a   b "), ElementsAre("▁a", "▁b"));
    EXPECT_THAT(tokensOf(opened(spec), "   "), ElementsAre());
    spec.removeExtra = false;
    EXPECT_THAT(tokensOf(opened(spec), " a  b"), ElementsAre("▁", "▁a", "▁", "▁b"));
    spec.dummyPrefix = false;
    EXPECT_THAT(tokensOf(opened(spec), "a b"), ElementsAre("a", "▁b"));
    spec.dummyPrefix = spec.asSuffix = true;
    EXPECT_THAT(tokensOf(opened(spec), "a"), ElementsAre("a", "▁"));
}

TEST(SentencePiece, BeginsATextWithItsBeginningPiece) {
    const auto tokenizer = opened(unigram({{"▁a", -1}}));
    EXPECT_THAT(tokenizer.encode("a").value(), ElementsAre(1, 3));
    EXPECT_THAT(tokenizer.encode("a", {.addSpecialTokens = false}).value(), ElementsAre(3));
    EXPECT_TRUE(tokenizer.isSpecial(1) && tokenizer.isSpecial(2) && !tokenizer.isSpecial(0));
}

TEST(SentencePiece, TakesNeighbouringUnknownCharactersAsOne) {
    const auto tokenizer = opened(unigram({{"▁a", -1}, {"b", -1}}));
    EXPECT_THAT(tokensOf(tokenizer, "axyzb"), ElementsAre("▁a", "<unk>", "b"));
    EXPECT_EQ(tokenizer.decode({3, 0, 4}), "a \xe2\x81\x87 b");
}

TEST(SentencePiece, FindsControlPiecesInATextWhereThatIsAskedFor) {
    const ModelSpec spec = unigram({{"▁", -1}, {"<", -1}, {"s", -1}, {">", -1}});
    EXPECT_THAT(tokensOf(opened(spec), "<s>"), ElementsAre("▁", "<", "s", ">"));
    const auto finding = parseTokenizer(modelFile(spec), "small.model", Controls::Found);
    EXPECT_THAT(finding->encode("<s></s>", {.addSpecialTokens = false}).value(), ElementsAre(1, 2));
}

TEST(SentencePiece, KeepsUserDefinedPiecesWhole) {
    ModelSpec spec = unigram({{"▁", -1}, {"a", -0.1F}, {"b", -0.1F}, {"ab", 0, 4}, {"a-b", 0, 4}});
    EXPECT_THAT(tokensOf(opened(spec), "aba-ba"), ElementsAre("▁", "ab", "a-b", "a"));
    spec.bytePairs = true;
    EXPECT_THAT(tokensOf(opened(spec), "aba-ba"), ElementsAre("▁", "ab", "a-b", "a"));
}

TEST(SentencePiece, MergesTheHighestScoreFirst) {
    ModelSpec spec = unigram({{"▁a", -2}, {"ab", -1}, {"▁ab", -3}, {"bc", -4}, {"a", -9}, {"b", -9}, {"c", -9}, {"▁", -9}});
    spec.bytePairs = true;
    EXPECT_THAT(tokensOf(opened(spec), "abc"), ElementsAre("▁ab", "c"));
}

TEST(SentencePiece, TakesAPieceOutOfUseApartAgain) {
    ModelSpec spec = unigram({{"ab", -1, 5}, {"abc", -2}, {"a", -9}, {"b", -9}, {"c", -9}, {"▁", -9}});
    spec.bytePairs = true;
    EXPECT_THAT(tokensOf(opened(spec), "abcab"), ElementsAre("▁", "abc", "a", "b"));
}

TEST(SentencePiece, FallsBackToBytesAndBack) {
    ModelSpec spec = unigram({{"▁", -1}, {"a", -1}});
    for (int byte = 0; byte < 256; ++byte) spec.pieces.push_back({fmt::format("<0x{:02X}>", byte), 0, 6});
    spec.byteFallback = true;
    spec.removeExtra = false;
    base::Random random(9);
    for (const bool bytePairs : {false, true}) {
        spec.bytePairs = bytePairs;
        const auto tokenizer = opened(spec);
        EXPECT_THAT(tokensOf(tokenizer, "aé"), ElementsAre("▁", "a", "<0xC3>", "<0xA9>"));
        for (int round = 0; round < 500; ++round) {
            std::string text = awkward(random, false);
            for (std::size_t bar = text.find("▁"); bar != std::string::npos; bar = text.find("▁")) text.erase(bar, 3);
            EXPECT_EQ(tokenizer.decode(tokenizer.encode(text).value()), text);
        }
    }
    spec.pieces.pop_back();
    EXPECT_THAT(refusal(modelFile(spec)), HasSubstr("byte_fallback"));
}

TEST(SentencePiece, ReplacesByTheLongestRule) {
    ModelSpec spec = unigram({{"▁", -1}, {"x", -1}, {"y", -1}, {"b", -1}});
    spec.charsmap = charsmapOf({{"a", "x"}, {"ab", "y"}, {"\t", " "}});
    EXPECT_THAT(tokensOf(opened(spec), "aab\t\tb"), ElementsAre("▁", "x", "y", "▁", "b"));
}

TEST(SentencePiece, IsRefusedWhereItIsMalformed) {
    ModelSpec spec = unigram({{"a", -1}});
    spec.algorithm = 4;
    EXPECT_THAT(refusal(modelFile(spec)), HasSubstr("model_type 4"));
    EXPECT_THAT(refusal(""), HasSubstr("no pieces"));
    EXPECT_THAT(refusal("hello"), HasSubstr("neither JSON"));
    EXPECT_THAT(refusal(modelFile(unigram({{"a", -1}, {"a", -2}}))), HasSubstr("pieces: 'a' stands twice"));
    EXPECT_THAT(refusal(modelFile(unigram({{"\xff", -1}}))), HasSubstr("pieces[3].piece"));
    EXPECT_THAT(refusal(modelFile(unigram({{"a", -1, 9}}))), HasSubstr("pieces[3].type 9"));
    EXPECT_THAT(refusal(modelFile(unigram({{"", -1}}))), HasSubstr("pieces[3].piece"));
}

TEST(SentencePiece, EndsEveryMutatedFileWithATokenizerOrARefusal) {
    base::Random random(10);
    ModelSpec spec = unigram({{"▁a", -1}, {"b", -1}, {"ab", -2, 4}, {"bb", -2, 5}});
    spec.charsmap = charsmapOf({{"a", "x"}, {"ab", "y"}});
    for (const bool bytePairs : {false, true}) {
        spec.bytePairs = bytePairs;
        const std::string whole = modelFile(spec);
        for (int round = 0; round < 3000; ++round) {
            std::string mutated = whole.substr(0, random.below(4) == 0 ? random.below(whole.size()) : whole.size());
            for (std::uint64_t changes = random.below(6); changes > 0 && !mutated.empty(); --changes)
                mutated[random.below(mutated.size())] = static_cast<char>(random.below(256));
            const auto tokenizer = parseTokenizer(mutated, "mutated");
            if (!tokenizer) continue;
            if (const auto ids = tokenizer->encode("ab  bb ab é")) tokenizer->decode(*ids);
        }
    }
}

TEST(OpenTokenizer, TellsTheKindOfFileByItsContent) {
    const auto folder = base::TemporaryFolder::create("tokenizer");
    ASSERT_TRUE(folder);
    EXPECT_THAT(openTokenizer(folder->path()).error().text(), HasSubstr("neither tokenizer.json nor tokenizer.model"));
    ASSERT_TRUE(base::writeFileAtomically(folder->path() / "tokenizer.model", modelFile(unigram({{"▁a", -1}}))));
    EXPECT_EQ(openTokenizer(folder->path())->vocabularySize(), 4);
    ASSERT_TRUE(base::writeFileAtomically(folder->path() / "tokenizer.json", " \n" + document(Json::object()).dump()));
    EXPECT_EQ(openTokenizer(folder->path())->vocabularySize(), 1);
    EXPECT_EQ(openTokenizer(folder->path() / "tokenizer.model")->vocabularySize(), 4);
    EXPECT_FALSE(openTokenizer(folder->path() / "absent"));
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
