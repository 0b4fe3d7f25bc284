// Files and texts that mean harm: every one ends with ids or a refusal, and none takes time that grows faster than its length. How long a
// text takes is measured by tests/bench/tokenizers; here texts of a megabyte would not come to an end within the test's time if it grew
// with the square.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/dataset/tokenizers/small.h"

namespace trimtab::dataset::tokenizers {
namespace {

using testing::HasSubstr;

std::vector<Json> samples() {
    const Json unigram = {{"type", "Unigram"},
                          {"unk_id", 0},
                          {"vocab", Json::array({Json::array({"<unk>", 0}), Json::array({"a", -1.5}), Json::array({"▁a", -2})})}};
    const Json wordPiece = {{"type", "WordPiece"}, {"vocab", {{"[UNK]", 0}, {"a", 1}, {"##a", 2}}}, {"unk_token", "[UNK]"}};
    return {document({{"model", bytePairs({"a a", "aa aa", "Ġ Ġ"})},
                      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
                      {"added_tokens",
                       Json::array({Json{{"id", 300}, {"content", "<s>"}, {"special", true}, {"lstrip", true}, {"rstrip", true}}})},
                      {"post_processor", {{"type", "BertProcessing"}, {"cls", {"<s>", 300}}, {"sep", {"<s>", 300}}}},
                      {"decoder", {{"type", "ByteLevel"}}}}),
            document({{"model", wordPiece},
                      {"normalizer", {{"type", "BertNormalizer"}, {"lowercase", true}}},
                      {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
                      {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}}}}),
            document({{"model", unigram},
                      {"normalizer", {{"type", "Sequence"}, {"normalizers", Json::array({Json{{"type", "NFKC"}}, Json{{"type", "Nmt"}}})}}},
                      {"pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "first"}, {"split", false}}},
                      {"decoder", {{"type", "Metaspace"}, {"replacement", "▁"}}}})};
}

TEST(HostileFiles, EndWithATokenizerOrARefusal) {
    base::Random random(11);
    for (const Json& sample : samples()) {
        const std::string whole = sample.dump();
        for (int round = 0; round < 1500; ++round) {
            std::string mutated = whole;
            for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
                const std::uint64_t at = random.below(mutated.size());
                if (random.below(3) == 0) mutated.erase(at, random.below(8));
                else mutated[at] = "\"{}[],:0123456789-etrufalsn"[random.below(27)];
                if (mutated.empty()) mutated = "{";
            }
            const auto tokenizer = parseTokenizer(mutated, "mutated");
            if (!tokenizer) {
                EXPECT_FALSE(tokenizer.error().message.empty());
                continue;
            }
            if (const auto ids = tokenizer->encode("aa <s> Ab é\n")) tokenizer->decode(*ids);
        }
    }
}

// Each member in turn becomes a value of another type.
void retype(Json& at, const Json& root, const Json& value) {
    const Json before = at;
    at = value;
    const auto tokenizer = parseTokenizer(base::dumpJson(root), "retyped");
    if (tokenizer) {
        if (const auto ids = tokenizer->encode("aa b")) tokenizer->decode(*ids);
    }
    at = before;
    if (at.is_structured() && at.size() < 50)
        for (auto& member : at) retype(member, root, value);
}

TEST(HostileFiles, OfWrongTypesEndWithATokenizerOrARefusal) {
    for (Json sample : samples())
        for (const Json& value :
             {Json(nullptr), Json(-1), Json(1e300), Json(18446744073709551615ULL), Json("x"), Json::array(), Json::object(), Json(true)})
            retype(sample, sample, value);
}

TEST(HostileFiles, CannotAskForMoreThanTheyBring) {
    const Json vocab = {{"a", 1'000'000'000}};
    EXPECT_THAT(refusalOf({{"model", {{"type", "WordLevel"}, {"vocab", vocab}}}}), HasSubstr("'a' is not in 0 to"));
    EXPECT_THAT(refusalOf({{"model", {{"type", "WordLevel"}, {"vocab", {{"a", -1}}}}}}), HasSubstr("model.vocab"));
    EXPECT_THAT(refusalOf({{"model", {{"type", "WordLevel"}, {"vocab", {{"a", 1}, {"b", 1}}}}}}), HasSubstr("have the id 1"));
    EXPECT_THAT(refusalOf({{"model", {{"type", "WordLevel"}, {"vocab", {{"a", 18446744073709551615ULL}}}}}}), HasSubstr("model.vocab"));
    Json nested = {{"type", "NFC"}};
    for (int i = 0; i < 200; ++i) nested = {{"type", "Sequence"}, {"normalizers", Json::array({nested})}};
    EXPECT_THAT(refusalOf({{"normalizer", nested}}), HasSubstr("nested deeper"));
}

TEST(HostileTexts, OfAMegabyteComeToAnEnd) {
    const std::size_t size = 1 << 20;
    std::string emoji, marks = "a", lines;
    while (emoji.size() < size) emoji += "👩\xe2\x80\x8d🚀";
    while (marks.size() < size) marks += "\xcc\x81\xcc\xa3";
    while (lines.size() < size) lines += " \n";
    const std::vector<std::string> texts{std::string(size, 'a'), std::string(size, ' '), std::string(size, '\xff'), emoji, marks, lines};
    for (const Json& sample : samples()) {
        const auto tokenizer = parseTokenizer(sample.dump(), "sample");
        ASSERT_TRUE(tokenizer) << tokenizer.error().text();
        for (const std::string& text : texts) {
            const auto ids = tokenizer->encode(text);
            ASSERT_TRUE(ids) << ids.error().text();
            EXPECT_LE(ids->size(), 3 * text.size() + 2);
        }
    }
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
