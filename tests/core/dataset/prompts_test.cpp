// Prompts for language models from JSON Lines.
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/file.h"
#include "core/dataset/dataset.h"
#include "core/tensor/convert.h"
#include "tests/support/character_tokenizer.h"

namespace trimtab::dataset {
namespace {

using Ints = std::vector<std::int64_t>;

class Prompts : public testing::Test {
protected:
    Prompts() { write("tokenizer.json", support::characterTokenizer()); }
    std::string at(const std::string& name) const { return (m_folder.path() / name).string(); }
    std::string write(const std::string& name, const std::string& content) const {
        std::ofstream(at(name), std::ios::binary) << content;
        return at(name);
    }
    auto openLines(const std::string& lines, const Graph* graph = nullptr) const {
        return open(write("a.jsonl", lines), graph, m_folder.path().string());
    }
    void expectRefused(const std::string& lines, const std::string& words) const {
        const auto data = openLines(lines);
        ASSERT_FALSE(data) << lines;
        EXPECT_EQ(data.error().code, ErrorCode::Refused);
        EXPECT_NE(data.error().text().find(words), std::string::npos) << data.error().text();
    }
    base::TemporaryFolder m_folder = base::TemporaryFolder::create("trimtab-prompts").value();
};

TEST_F(Prompts, OfMultipleChoiceAreARowForEachChoiceScoredBehindItsPrompt) {
    const std::string lines = "{\"question\": \"ab\", \"choices\": [\"c\", \"d e\"], \"answer\": 1}\n\n"
                              "{\"prompt\": \"abc \", \"choices\": [\"d\", \"e\", \"f g\"], \"answer\": 0, \"id\": 7}\r\n";
    const auto data = openLines(lines);
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->task(), "multiple-choice");
    EXPECT_EQ((*data)->metric(), "acc");
    EXPECT_EQ((*data)->size(), 5);
    const auto choices = (*data)->choices();
    ASSERT_EQ(choices.size(), 5U);
    const Choice wanted[] = {{0, 1, false}, {0, 3, true}, {1, 1, true}, {1, 1, false}, {1, 3, false}};
    for (std::size_t row = 0; row < 5; ++row) {
        EXPECT_EQ(choices[row].question, wanted[row].question) << row;
        EXPECT_EQ(choices[row].bytes, wanted[row].bytes) << row;
        EXPECT_EQ(choices[row].isAnswer, wanted[row].isAnswer) << row;
    }
    const auto batch = (*data)->batch(1, 4);
    ASSERT_TRUE(batch) << batch.error().text();
    EXPECT_EQ(batch->inputs[0].tensor.shape(), (Shape{4, 16}));
    const Ints ids = tensor::toInt64s(batch->inputs[0].tensor), targets = tensor::toInt64s(batch->target);
    // "ab d e": the space that stands between belongs to the choice.
    EXPECT_EQ(Ints(ids.begin(), ids.begin() + 5), (Ints{0, 1, 26, 3, 26}));
    EXPECT_EQ(Ints(targets.begin(), targets.begin() + 6), (Ints{-1, 26, 3, 26, 4, -1}));
    // "abc" and " " + " " + "f g": the space at the prompt's end goes over to the choice.
    EXPECT_EQ(Ints(ids.begin() + 48, ids.begin() + 55), (Ints{0, 1, 2, 26, 26, 5, 26}));
    EXPECT_EQ(Ints(targets.begin() + 48, targets.begin() + 56), (Ints{-1, -1, 26, 26, 5, 26, 6, -1}));
}

TEST_F(Prompts, OfTextGenerationHoldTheirTokensAndReferences) {
    const auto data = openLines("{\"prompt\": \"abc\", \"reference\": \"d\"}\n{\"question\": \"b\", \"references\": [\"e\", \"f\"]}");
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->task(), "text-generation");
    EXPECT_EQ((*data)->metric(), "exact_match");
    const auto prompts = (*data)->prompts();
    ASSERT_EQ(prompts.size(), 2U);
    EXPECT_EQ(prompts[0].tokens, (Ints{0, 1, 2}));
    EXPECT_EQ(prompts[1].references, (std::vector<std::string>{"e", "f"}));
    EXPECT_EQ((*data)->generationRules().mostTokens, 64);
    EXPECT_TRUE((*data)->choices().empty());
    const Ints targets = tensor::toInt64s((*data)->batch(0, 1)->target);
    EXPECT_EQ(Ints(targets.begin(), targets.begin() + 4), (Ints{1, 2, -1, -1}));
}

TEST_F(Prompts, TakeTheirRulesFromAManifest) {
    write("q.jsonl", "{\"prompt\": \"ab\", \"choices\": [\"c\", \"d\"], \"answer\": 1}");
    write("t.jsonl", "{\"prompt\": \"ab\", \"reference\": \"c\"}");
    const auto manifest = [&](const std::string& rest) {
        return open(write("dataset.json", R"({"format": "trimtab-dataset", "version": 1, )" + rest + "}"), nullptr, at("tokenizer.json"));
    };
    const auto tight = manifest(R"("task": "multiple-choice", "prompts": {"file": "q.jsonl", "delimiter": ""}, "metric": "acc_norm")");
    ASSERT_TRUE(tight) << tight.error().text();
    EXPECT_EQ((*tight)->metric(), "acc_norm");
    const Ints targets = tensor::toInt64s((*tight)->batch(0, 1)->target);
    EXPECT_EQ(Ints(targets.begin(), targets.begin() + 3), (Ints{-1, 2, -1}));
    const auto text = manifest(R"("task": "text-generation", "prompts": {"file": "t.jsonl", "max_tokens": 7, "until_newline": true})");
    ASSERT_TRUE(text) << text.error().text();
    EXPECT_EQ((*text)->generationRules().mostTokens, 7);
    EXPECT_TRUE((*text)->generationRules().untilNewline);
    for (const auto& [rest, words] :
         {std::pair(R"("task": "text-generation", "prompts": {"file": "q.jsonl"})", "multiple-choice"),
          std::pair(R"("task": "text-generation", "prompts": {"file": "t.jsonl", "max_tokens": 0})", "prompts.max_tokens"),
          std::pair(R"("task": "regression", "prompts": {"file": "t.jsonl"})", "regression"),
          std::pair(R"("task": "multiple-choice", "inputs": {"x": {"file": "x.npy"}})", "\"prompts\""),
          std::pair(R"("task": "multiple-choice", "prompts": {"file": "none.jsonl"})", "none.jsonl")}) {
        const auto refused = manifest(rest);
        ASSERT_FALSE(refused) << rest;
        EXPECT_NE(refused.error().text().find(words), std::string::npos) << refused.error().text();
    }
}

TEST_F(Prompts, AreRefusedWithTheLineAndTheField) {
    const std::string good = "{\"prompt\": \"ab\", \"choices\": [\"c\", \"d\"], \"answer\": 1}\n";
    expectRefused("", "holds no line");
    expectRefused(good + "\n{\"prompt\": ", "line 3: not valid JSON");
    expectRefused(good + "[1]", "line 2: must be an object");
    expectRefused(good + "{\"choices\": [\"c\", \"d\"], \"answer\": 1}", "line 2: must hold one of \"prompt\" and \"question\"");
    expectRefused(good + "{\"prompt\": \"a\"}", "line 2: must hold one of \"choices\"");
    expectRefused(good + "{\"prompt\": \"a\", \"reference\": \"b\"}", "line 2: has references where line 1 has choices");
    expectRefused("{\"prompt\": \"a\", \"choices\": [\"c\"], \"answer\": 0}", "line 1: \"choices\"");
    expectRefused("{\"prompt\": \"a\", \"choices\": [\"c\", 1], \"answer\": 0}", "line 1: \"choices\"");
    expectRefused("{\"prompt\": \"a\", \"choices\": [\"c\", \"\"], \"answer\": 0}", "line 1: \"choices\"[1] is empty");
    expectRefused("{\"prompt\": \"a\", \"choices\": [\"c\", \"d\"], \"answer\": 2}", "line 1: \"answer\" is 2");
    expectRefused("{\"prompt\": \"a\", \"choices\": [\"c\", \"d\"]}", "line 1: \"answer\"");
    expectRefused("{\"prompt\": \"a\", \"references\": []}", "line 1: \"references\"");
    expectRefused("{\"prompt\": \"a\", \"reference\": 3}", "line 1: \"reference\"");
    expectRefused("{\"prompt\": \" \", \"choices\": [\"c\", \"d\"], \"answer\": 0}", "line 1: has no tokens in its prompt");
    expectRefused("{\"prompt\": \"\", \"reference\": \"d\"}", "line 1: has no tokens in its prompt");
    EXPECT_FALSE(open(write("a.jsonl", good)));  // no tokenizer
}

TEST_F(Prompts, FitTheLengthThatAModelFixes) {
    Graph model;
    const std::vector<graph::Dim> dims{graph::Dim::named("batch"), graph::Dim::known(6)};
    model.inputs = {model.addValue({.name = "input_ids", .type = {DataType::Int64, dims}})};
    const auto data = openLines("{\"prompt\": \"ab\", \"choices\": [\"c\", \"def\"], \"answer\": 1}", &model);
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->batch(0, 1)->target.shape(), (Shape{1, 6}));
    const auto longer = openLines("{\"prompt\": \"ab\", \"choices\": [\"c\", \"defgh\"], \"answer\": 1}", &model);
    ASSERT_FALSE(longer);
    EXPECT_NE(longer.error().text().find("line 1: makes 7 tokens with a choice, but the model reads 6"), std::string::npos)
        << longer.error().text();
}

}  // namespace
}  // namespace trimtab::dataset
