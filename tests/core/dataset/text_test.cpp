// Text for language models, cut into windows of tokens.
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/file.h"
#include "core/dataset/dataset.h"
#include "core/tensor/convert.h"
#include "tests/support/character_tokenizer.h"

namespace trimtab::dataset {
namespace {

using Ints = std::vector<std::int64_t>;

class Text : public testing::Test {
protected:
    Text() { write("tokenizer.json", support::characterTokenizer()); }
    std::string at(const std::string& name) const { return (m_folder.path() / name).string(); }
    std::string write(const std::string& name, const std::string& content) const {
        std::ofstream(at(name), std::ios::binary) << content;
        return at(name);
    }
    /// The alphabet over and over.
    static std::string letters(std::size_t count) {
        std::string text;
        for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('a' + i % 26);
        return text;
    }
    static Graph modelOf(std::vector<graph::Dim> dims, bool withMask = false) {
        Graph graph;
        graph.inputs = {graph.addValue({.name = "input_ids", .type = {DataType::Int64, dims}})};
        if (withMask)
            for (const char* name : {"attention_mask", "position_ids"})
                graph.inputs.push_back(graph.addValue({.name = name, .type = {DataType::Int64, dims}}));
        return graph;
    }
    base::TemporaryFolder m_folder = base::TemporaryFolder::create("trimtab-text").value();
};

TEST_F(Text, IsCutIntoWindowsThatPredictTheTokensBehind) {
    const auto data = open(write("long.txt", letters(600)), nullptr, m_folder.path().string());
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->task(), "language-model");
    EXPECT_EQ((*data)->metric(), "perplexity");
    EXPECT_EQ((*data)->size(), 3);
    EXPECT_EQ((*data)->name(), "long.txt, 599 tokens in windows of 256");
    const auto batch = (*data)->batch(1, 1);
    ASSERT_TRUE(batch);
    const Ints inputs = tensor::toInt64s(batch->inputs[0].tensor), targets = tensor::toInt64s(batch->target);
    ASSERT_EQ(inputs.size(), 256U);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        EXPECT_EQ(inputs[i], static_cast<std::int64_t>((256 + i) % 26));
        EXPECT_EQ(targets[i], static_cast<std::int64_t>((257 + i) % 26));
    }
}

TEST_F(Text, ScoresNothingBehindItsEnd) {
    const auto data = open(write("a.txt", letters(600)), nullptr, at("tokenizer.json"));
    ASSERT_TRUE(data) << data.error().text();
    const auto last = (*data)->batch(2, 1);
    ASSERT_TRUE(last);
    const Ints targets = tensor::toInt64s(last->target);
    for (std::size_t i = 0; i < targets.size(); ++i) EXPECT_EQ(targets[i], i < 87 ? static_cast<std::int64_t>((513 + i) % 26) : -1) << i;
}

TEST_F(Text, TakesTheWindowOfAModelThatFixesIt) {
    const Graph model = modelOf({graph::Dim::named("batch"), graph::Dim::known(10)});
    const auto data = open(write("a.txt", letters(41)), &model, at("tokenizer.json"));
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->size(), 4);
    const auto brief = open(write("b.txt", letters(5)), nullptr, at("tokenizer.json"));
    ASSERT_TRUE(brief) << brief.error().text();
    EXPECT_EQ((*brief)->size(), 1);
    EXPECT_EQ((*brief)->batch(0, 1)->inputs[0].tensor.shape(), (Shape{1, 4}));
}

TEST_F(Text, GivesMaskAndPositionsToModelsThatTakeThem) {
    const Graph model = modelOf({graph::Dim::named("batch"), graph::Dim::known(3)}, true);
    const auto data = open(write("a.txt", letters(7)), &model, at("tokenizer.json"));
    ASSERT_TRUE(data) << data.error().text();
    const auto batch = (*data)->batch(0, 2);
    ASSERT_TRUE(batch);
    ASSERT_EQ(batch->inputs.size(), 3U);
    EXPECT_EQ(tensor::toInt64s(batch->inputs[1].tensor), (Ints{1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(tensor::toInt64s(batch->inputs[2].tensor), (Ints{0, 1, 2, 0, 1, 2}));
}

TEST_F(Text, IsAnotherDatasetUnderAnotherTokenizer) {
    const std::string text = write("a.txt", letters(30));
    std::string other = support::characterTokenizer();
    std::swap(other[other.find("\"a\":0") + 4], other[other.find("\"b\":1") + 4]);
    const auto one = open(text, nullptr, at("tokenizer.json")), two = open(text, nullptr, write("other.json", other));
    ASSERT_TRUE(one && two);
    EXPECT_NE((*one)->hash(), (*two)->hash());
}

TEST_F(Text, SaysWhatIsMissing) {
    const auto expectRefused = [](const auto& data, const std::string& words) {
        ASSERT_FALSE(data);
        EXPECT_NE(data.error().text().find(words), std::string::npos) << data.error().text();
    };
    expectRefused(open(write("a.txt", letters(9))), "tokenizer");
    expectRefused(open(write("a.txt", "x"), nullptr, at("tokenizer.json")), "1 tokens long");
    expectRefused(open(write("a.txt", ""), nullptr, at("tokenizer.json")), "0 tokens long");
}

}  // namespace
}  // namespace trimtab::dataset
