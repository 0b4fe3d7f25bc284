// Text for language models, cut into windows of tokens.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

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

TEST_F(Text, GivesADecoderThatKeepsCachesEmptyOnes) {
    using graph::Dim;
    Graph model = modelOf({Dim::named("batch"), Dim::named("sequence")}, true);
    const auto add = [&](const std::string& name, DataType type, std::vector<Dim> dims) {
        model.inputs.push_back(model.addValue({.name = name, .type = {type, std::move(dims)}}));
    };
    const std::vector<Dim> rows{Dim::named("batch"), Dim::known(2), Dim::named("past"), Dim::known(8)};
    const std::vector<Dim> columns{Dim::named("batch"), Dim::known(2), Dim::known(8), Dim::named("past")};
    add("past_key_values.0.key", DataType::Float16, columns);
    add("past_key_values.0.value", DataType::Float16, rows);
    add("use_cache_branch", DataType::Bool, {Dim::known(1)});
    const auto data = open(write("a.txt", letters(600)), &model, m_folder.path().string());
    ASSERT_TRUE(data) << data.error().text();
    const auto batch = (*data)->batch(0, 2);
    ASSERT_TRUE(batch);
    ASSERT_EQ(batch->inputs.size(), 6U);
    EXPECT_EQ(batch->inputs[3].tensor.shape(), (Shape{2, 2, 8, 0}));
    EXPECT_EQ(batch->inputs[4].tensor.shape(), (Shape{2, 2, 0, 8}));
    EXPECT_EQ(batch->inputs[4].tensor.type(), DataType::Float16);
    EXPECT_EQ(batch->inputs[5].tensor.shape(), Shape{1});
    EXPECT_EQ(tensor::toInt64s(batch->inputs[5].tensor), Ints{0});
    add("memory", DataType::Float32, rows);
    const auto other = open(at("a.txt"), &model, m_folder.path().string());
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().text().find("'memory' has no field"), std::string::npos) << other.error().text();
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

TEST_F(Text, ForeseesEachTokenOnceWithWindowLessStrideTokensBeforeItAtTheLeast) {
    const std::string text = write("a.txt", letters(60));
    for (const std::int64_t window : {7, 10, 59, 80})
        for (const std::int64_t stride : {1, 3, 7}) {
            write("dataset.json", fmt::format(R"({{"format": "trimtab-dataset", "version": 1, "task": "language-model",
                  "text": {{"file": "a.txt", "window": {}, "stride": {}}}}})", window, stride));
            const auto data = open(m_folder.path().string(), nullptr, at("tokenizer.json"));
            ASSERT_TRUE(data) << data.error().text();
            const std::int64_t held = std::min<std::int64_t>(window, 59);
            EXPECT_EQ((*data)->textWindows(), (base::TextWindows{held, std::min(stride, held)}));
            std::map<std::int64_t, int> seen;
            for (std::int64_t row = 0; row < (*data)->size(); ++row) {
                const auto batch = (*data)->batch(row, 1);
                ASSERT_TRUE(batch);
                const Ints inputs = tensor::toInt64s(batch->inputs[0].tensor), targets = tensor::toInt64s(batch->target);
                ASSERT_EQ(inputs.size(), static_cast<std::size_t>(held));
                for (std::int64_t i = 0; i < held; ++i) {
                    const std::int64_t place = row * stride + i + 1;  // in the text, of what is foreseen
                    const std::int64_t target = targets[static_cast<std::size_t>(i)];
                    if (target < 0) continue;
                    ++seen[place];
                    EXPECT_EQ(target, place % 26);
                    for (std::int64_t k = 0; k <= i; ++k) EXPECT_EQ(inputs[static_cast<std::size_t>(k)], (row * stride + k) % 26);
                    EXPECT_GE(i + 1, std::min(place, window - stride)) << "tokens before it";
                }
            }
            ASSERT_EQ(seen.size(), 59U) << window << " " << stride;
            for (const auto& [place, times] : seen) EXPECT_EQ(times, 1) << place;
        }
}

TEST_F(Text, OfAManifestIsThePlainTextWhereNothingElseIsSaid) {
    write("a.txt", letters(600));
    write("dataset.json", R"({"format": "trimtab-dataset", "version": 1, "task": "language-model", "text": {"file": "a.txt"}})");
    const auto plain = open(at("a.txt"), nullptr, at("tokenizer.json")), named = open(at("dataset.json"), nullptr, at("tokenizer.json"));
    ASSERT_TRUE(plain && named);
    EXPECT_EQ((*plain)->textWindows(), (base::TextWindows{256, 256}));
    EXPECT_EQ((*plain)->textWindows(), (*named)->textWindows());
    EXPECT_EQ(tensor::toInt64s((*plain)->batch(2, 1)->target), tensor::toInt64s((*named)->batch(2, 1)->target));
}

TEST_F(Text, OfAManifestIsRefusedWithTheFieldThatIsOff) {
    write("a.txt", letters(60));
    const Graph model = modelOf({graph::Dim::named("batch"), graph::Dim::known(10)});
    const auto refusal = [&](const std::string& rest, const Graph* graph = nullptr) {
        write("dataset.json", R"({"format": "trimtab-dataset", "version": 1, "task": "language-model", )" + rest + "}");
        const auto data = open(m_folder.path().string(), graph, at("tokenizer.json"));
        return data ? std::string() : data.error().text();
    };
    EXPECT_EQ(refusal(R"("text": {"file": "a.txt", "window": 10, "stride": 5})", &model), "");
    const auto expect = [&](const std::string& said, const std::string& words) { EXPECT_NE(said.find(words), std::string::npos) << said; };
    expect(refusal(R"("text": {"file": "a.txt", "window": 12})", &model), "text.window is 12 tokens, but the model reads 10");
    expect(refusal(R"("text": {"file": "a.txt", "stride": 11})", &model), "text.stride");
    expect(refusal(R"("text": {"file": "a.txt", "stride": 257})"), "text.stride is 257 tokens, but a window has 256");
    expect(refusal(R"("text": {"file": "a.txt", "window": 0})"), "text.window must be from 1");
    expect(refusal(R"("text": {"file": "a.txt", "window": 8, "stride": 9})"), "text.stride must be from 1 to 8");
    expect(refusal(R"("text": {"file": "a.txt", "windows": 8})"), "windows");
    expect(refusal(R"("text": {"window": 8})"), "file");
    expect(refusal(R"("text": {"file": "../a.txt"})"), "../a.txt");
    expect(refusal(R"("text": {"file": "b.txt"})"), "b.txt");
    expect(refusal(R"("text": {"file": "a.txt"}, "inputs": {"input_ids": {"file": "a.npy"}})"), "\"text\" is input and target");
    expect(refusal(R"("metric": "perplexity")"), "\"text\"");
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
