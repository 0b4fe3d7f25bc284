// The tokenizers of GGUF files against those of the files that they stand in for.
#include "core/dataset/tokenizers/gguf_tokenizer.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/dataset/tokenizers/byte_alphabet.h"
#include "tests/core/dataset/tokenizers/sentencepiece_writer.h"
#include "tests/core/dataset/tokenizers/small.h"
#include "tests/support/gguf_decoder.h"

namespace trimtab::dataset::tokenizers {
namespace {

using support::GgufFile;
using testing::ElementsAre;
using testing::HasSubstr;

class GgufTokenizers : public testing::Test {
protected:
    std::filesystem::path file() const { return m_folder.path() / "model.gguf"; }
    Tokenizer opened(const GgufFile& made) const {
        EXPECT_TRUE(made.write(file()));
        auto tokenizer = openTokenizer(file());
        EXPECT_TRUE(tokenizer) << tokenizer.error().text();
        return *tokenizer;
    }
    std::string refusal(const GgufFile& made) const {
        EXPECT_TRUE(made.write(file()));
        const auto tokenizer = openTokenizer(file());
        return tokenizer ? "was read" : tokenizer.error().text();
    }

    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("gguf");
};

const std::vector<std::string> kMerges{"a a",   "Ġ t", "h e", "Ġt he", "Ġ Ġ", "ĠĠ ĠĠ", "aa aa",
                                       "ð Ł", "1 2", "12 3", "4 5", "Ċ Ċ", "č Ċ", "' s"};

struct Words {
    const char* pre;
    Json preTokenizer, normalizer;
    bool wholeWordsFirst = false;
};

Json split(const std::string& expression) {
    return {{"type", "Split"}, {"pattern", {{"Regex", expression}}}, {"behavior", "Isolated"}, {"invert", false}};
}
Json chain(const Json& first, bool usesRegex) {
    Json steps = Json::array({first});
    steps.push_back({{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", usesRegex}});
    return {{"type", "Sequence"}, {"pretokenizers", steps}};
}

/// As the tokenizer.json files of GPT-2, Llama 3, Qwen2 and SmolLM have it.
std::vector<Words> words() {
    const std::string rest = R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
    const std::string begin = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|)";
    return {{"gpt-2", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}, nullptr},
            {"llama-bpe", chain(split(begin + R"(\p{N}{1,3})" + rest), false), nullptr, true},
            {"qwen2", chain(split(begin + R"(\p{N})" + rest), false), {{"type", "NFC"}}},
            {"smollm", chain({{"type", "Digits"}, {"individual_digits", true}}, true), nullptr}};
}

TEST_F(GgufTokenizers, OfBytePairsAgreeWithTokenizerJson) {
    base::Random random(8);
    for (const Words& given : words()) {
        SCOPED_TRACE(given.pre);
        Json model = bytePairs(kMerges);
        model["ignore_merges"] = given.wholeWordsFirst;
        model["vocab"]["Ġ123"] = 300;  // a word that merging does not make
        const Json added = {{{"id", 301}, {"content", "<|end|>"}, {"special", true}},
                            {{"id", 302}, {"content", "<tool>"}, {"special", false}, {"normalized", false}}};
        const Json parts = document({{"model", model},
                                     {"pre_tokenizer", given.preTokenizer},
                                     {"normalizer", given.normalizer},
                                     {"decoder", {{"type", "ByteLevel"}}},
                                     {"added_tokens", added}});
        const auto wanted = tokenizerOf(parts);
        GgufFile made;
        ASSERT_TRUE(support::addBytePairs(made, parts, 304, given.pre, 301));
        const auto got = opened(made);
        for (int round = 0; round < 1000; ++round) {
            std::string text = awkward(random, round % 2 == 1);
            if (round % 5 == 0) text += "<|end|> 123<tool>" + awkward(random, false);
            const auto ids = got.encode(text);
            ASSERT_TRUE(ids);
            ASSERT_EQ(*ids, wanted.encode(text).value()) << text;
            ASSERT_EQ(got.decode(*ids), wanted.decode(*ids));
        }
        EXPECT_TRUE(got.isSpecial(301));
        EXPECT_FALSE(got.isSpecial(302));
        EXPECT_EQ(got.tokenOf(303), std::nullopt) << "what fills the vocabulary up is no token";
    }
}

TEST_F(GgufTokenizers, WithoutAPatternsNameCutPunctuationAndNumbers) {
    GgufFile made;
    const Json parts = document({{"model", bytePairs({"1 2", "12 3", "Ġ a", "! !", "! Ġ", "a !"})}, {"added_tokens", Json::array()}});
    ASSERT_TRUE(support::addBytePairs(made, parts, 262, "default", {}));
    EXPECT_THAT(tokensOf(opened(made), " a!! 12345a!"), ElementsAre("Ġa", "!!", "Ġ", "123", "4", "5", "a", "!"));
}

TEST_F(GgufTokenizers, PutTokensAroundATextAsTheFileSays) {
    const Json parts = document({{"model", bytePairs({})}, {"added_tokens", Json::array()}});
    const auto idsWith = [&](const char* pre, const auto& change) {
        GgufFile made;
        EXPECT_TRUE(support::addBytePairs(made, parts, 256, pre, 7));
        change(made);
        return opened(made).encode("a").value();
    };
    EXPECT_THAT(idsWith("gpt-2", [](GgufFile&) {}), ElementsAre('a'));
    EXPECT_THAT(idsWith("gpt-2", [](GgufFile& f) { f.whole("tokenizer.ggml.bos_token_id", 5); }), ElementsAre('a'));
    const auto asked = [](GgufFile& f) {
        f.whole("tokenizer.ggml.bos_token_id", 5);
        f.flag("tokenizer.ggml.add_bos_token", true);
        f.flag("tokenizer.ggml.add_eos_token", true);
    };
    EXPECT_THAT(idsWith("gpt-2", asked), ElementsAre(5, 'a', 7));
    EXPECT_THAT(idsWith("llama-bpe", [](GgufFile& f) { f.whole("tokenizer.ggml.bos_token_id", 5); }), ElementsAre(5, 'a'));
    const auto refused = [](GgufFile& f) {
        f.whole("tokenizer.ggml.bos_token_id", 5);
        f.flag("tokenizer.ggml.add_bos_token", false);
    };
    EXPECT_THAT(idsWith("llama-bpe", refused), ElementsAre('a'));
}

/// Pieces of SentencePiece's byte pairs, all bytes among them.
ModelSpec scored() {
    ModelSpec spec{.bytePairs = true, .byteFallback = true, .removeExtra = false};
    spec.pieces = {{"<unk>", 0, 2}, {"<s>", 0, 3}, {"</s>", 0, 3}};
    for (int byte = 0; byte < 256; ++byte) {
        char text[8];
        std::snprintf(text, sizeof text, "<0x%02X>", static_cast<unsigned>(byte));
        spec.pieces.push_back({text, 0, 6});
    }
    float score = 0;
    for (const char* piece : {"▁t", "he", "▁the", "aa", "▁▁", "▁▁▁▁", "aaaa", "12", "你好"}) spec.pieces.push_back({piece, --score});
    for (const char* piece : {"▁", "t", "h", "e", "a", "1", "2", "你", "好", "é", "d", "o", "n", "'"})
        spec.pieces.push_back({piece, --score});
    spec.pieces.push_back({"__", 0, 4});
    return spec;
}

GgufFile ggufOf(const ModelSpec& spec) {
    GgufFile made;
    std::vector<std::string> tokens;
    std::vector<float> scores;
    std::vector<std::int32_t> kinds;
    for (const PieceSpec& piece : spec.pieces) {
        tokens.push_back(piece.text);
        scores.push_back(piece.score);
        kinds.push_back(piece.kind);
    }
    made.text("tokenizer.ggml.model", "llama");
    made.texts("tokenizer.ggml.tokens", tokens);
    made.numbers("tokenizer.ggml.scores", scores);
    made.wholes("tokenizer.ggml.token_type", kinds);
    made.whole("tokenizer.ggml.bos_token_id", 1);
    return made;
}

TEST_F(GgufTokenizers, OfScoredPairsAgreeWithSentencePiece) {
    const ModelSpec spec = scored();
    const auto wanted = parseTokenizer(modelFile(spec), "spm");
    ASSERT_TRUE(wanted) << wanted.error().text();
    const auto got = opened(ggufOf(spec));
    base::Random random(9);
    for (int round = 0; round < 2000; ++round) {
        const std::string text = awkward(random, round % 2 == 1);
        const auto ids = got.encode(text);
        ASSERT_TRUE(ids);
        ASSERT_EQ(*ids, wanted->encode(text).value()) << text;
        ASSERT_EQ(got.decode(*ids), wanted->decode(*ids));
    }
    EXPECT_THAT(got.encode("the</s>").value(), ElementsAre(1, testing::_, 2)) << "control tokens are found in a text";
    GgufFile bare = ggufOf(spec);
    bare.flag("tokenizer.ggml.add_space_prefix", false);
    EXPECT_THAT(tokensOf(opened(bare), "the"), ElementsAre("t", "he"));
    EXPECT_THAT(tokensOf(got, "the"), ElementsAre("▁the"));
}

TEST_F(GgufTokenizers, AreTheModelsOwnWhereTheFileNamesOne) {
    GgufFile none;
    support::addNoTokenizer(none);
    ASSERT_TRUE(none.write(file()));
    EXPECT_FALSE(isInModelFile(file()));
    ASSERT_TRUE(ggufOf(scored()).write(file()));
    EXPECT_TRUE(isInModelFile(file()));
    std::ofstream(file()) << "{}";
    EXPECT_FALSE(isInModelFile(file()));
    EXPECT_FALSE(isInModelFile(m_folder.path()));
}

TEST_F(GgufTokenizers, AreRefusedByTheKeyThatIsWrong) {
    EXPECT_THAT(refusal(GgufFile()), HasSubstr("has no tokenizer.ggml.model"));
    const auto with = [&](const auto& change) {
        GgufFile made;
        change(made);
        return refusal(made);
    };
    EXPECT_THAT(with([](GgufFile& f) { f.text("tokenizer.ggml.model", "bert"); }),
                HasSubstr("tokenizer.ggml.model is 'bert', which is not read yet"));
    const auto bytes = [](GgufFile& f, const char* pre) {
        f.text("tokenizer.ggml.model", "gpt2");
        f.text("tokenizer.ggml.pre", pre);
    };
    EXPECT_THAT(with([&](GgufFile& f) { bytes(f, "chatglm-bpe"); }),
                HasSubstr("tokenizer.ggml.pre is 'chatglm-bpe', which is not known here"));
    EXPECT_THAT(with([&](GgufFile& f) { bytes(f, "gpt-2"); }), HasSubstr("has no tokenizer.ggml.tokens"));
    const auto tokens = [&](GgufFile& f, const std::vector<std::string>& list, const std::vector<std::int32_t>& kinds,
                            const std::vector<std::string>& merges) {
        bytes(f, "gpt-2");
        f.texts("tokenizer.ggml.tokens", list);
        f.wholes("tokenizer.ggml.token_type", kinds);
        f.texts("tokenizer.ggml.merges", merges);
    };
    EXPECT_THAT(with([&](GgufFile& f) { tokens(f, {"a", "a"}, {1, 1}, {}); }), HasSubstr("tokenizer.ggml.tokens[1] stands twice"));
    EXPECT_THAT(with([&](GgufFile& f) { tokens(f, {"a", "b"}, {1}, {}); }), HasSubstr("token_type has 1 entries for 2 tokens"));
    EXPECT_THAT(with([&](GgufFile& f) { tokens(f, {"a"}, {9}, {}); }), HasSubstr("token_type[0] is 9"));
    EXPECT_THAT(with([&](GgufFile& f) { tokens(f, {"a"}, {1}, {"a b"}); }), HasSubstr("'b' is not in the vocabulary"));
    EXPECT_THAT(with([&](GgufFile& f) {
                    tokens(f, {"a"}, {1}, {});
                    f.flag("tokenizer.ggml.add_bos_token", true);
                    f.whole("tokenizer.ggml.bos_token_id", 1);
                }),
                HasSubstr("bos_token_id is 1, which is no token"));
    ModelSpec spec = scored();
    spec.pieces[5].text = "";
    EXPECT_THAT(refusal(ggufOf(spec)), HasSubstr("pieces[5].piece must have 1 to"));
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
