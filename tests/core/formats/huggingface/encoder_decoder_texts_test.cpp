// Texts of T5 and Whisper behind a source that is read once: the stated ones, and step by step what one pass over the whole says.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/random.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/generation/encoder_decoder.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference_engine.h"
#include "tests/core/formats/huggingface/stated.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr std::int64_t kVocabulary = 40;  // of the small models

class EncoderDecoderTexts : public Stated {
protected:
    std::vector<NamedTensor> sourceOfBoth() const {
        Json inputs = m_expected["texts"][0]["inputs"];
        inputs.erase("decoder_input_ids");
        return tensorsOf(inputs);
    }
    std::unique_ptr<runtime::Decoder> behindBoth(runtime::Engine& engine, const Graph& graph, std::int64_t capacity) const {
        auto read = runtime::readSource(engine, graph, {}, sourceOfBoth(), capacity);
        EXPECT_TRUE(read) << read.error().text();
        return read ? std::move(read->decoder) : nullptr;
    }
    /// The logits of the token behind each text, by one pass of the whole model.
    std::vector<double> inOnePass(runtime::Engine& engine, const Graph& graph, const std::vector<Tokens>& texts) const {
        const auto model = engine.compile(graph, {});
        std::vector<NamedTensor> inputs = sourceOfBoth();
        inputs.push_back({"decoder_input_ids", tensorOf(Json(texts))});
        const auto outputs = (*model)->run(inputs);
        EXPECT_TRUE(outputs) << outputs.error().text();
        const std::vector<float> all = tensor::toFloats(outputs->front().tensor);
        std::vector<double> last;
        for (std::size_t b = 1; b <= texts.size(); ++b) {
            const auto end = all.begin() + static_cast<std::ptrdiff_t>(b * texts[0].size()) * kVocabulary;
            last.insert(last.end(), end - kVocabulary, end);
        }
        return last;
    }
    /// Texts that are fed in parts of random sizes.
    void expectStepsAsInOnePass(runtime::Engine& engine, const Graph& graph, const std::string& caching, std::uint64_t seed) const {
        base::Random random(seed);
        const auto decoder = behindBoth(engine, graph, 60);
        ASSERT_TRUE(decoder);
        EXPECT_EQ(decoder->caching(), caching);
        std::vector<Tokens> texts(2);
        for (int part = 0; part < 7; ++part) {
            std::vector<Tokens> next(2);
            const std::uint64_t count = 1 + random.below(part % 2 == 0 ? 9 : 1);
            for (std::size_t b = 0; b < texts.size(); ++b) {
                for (std::uint64_t i = 0; i < count; ++i) next[b].push_back(static_cast<std::int64_t>(random.below(kVocabulary)));
                texts[b].insert(texts[b].end(), next[b].begin(), next[b].end());
            }
            const auto logits = decoder->feed(next);
            ASSERT_TRUE(logits) << logits.error().text();
            expectNear({logits->begin(), logits->end()}, inOnePass(engine, graph, texts));
        }
    }

    std::unique_ptr<runtime::Engine> m_engine = cpu::makeCpuEngine(1);
};

TEST_P(EncoderDecoderTexts, AreThoseThatAreStated) {
    const Tokens stated = m_expected["greedy"]["tokens"].get<Tokens>();
    ASSERT_EQ(stated.size(), 64U);
    const auto read = runtime::readSource(*m_engine, graph(), {}, tensorsOf(m_expected["greedy"]["source"]), 64);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_GT(read->encoderMs, 0);
    EXPECT_GT(read->encoderWeightBytes, 0);
    EXPECT_EQ(read->decoder->caching(), "handed on");
    EXPECT_GT(read->decoder->cacheBytesPerToken(), 0);
    EXPECT_EQ(greedyText(*read->decoder), stated);
    EXPECT_EQ(greedyText(*read->decoder), stated) << "a second text behind the same source";
}

TEST_P(EncoderDecoderTexts, AreWrittenStepByStepAsInOnePass) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) expectStepsAsInOnePass(*m_engine, graph(), "handed on", seed);
    expectStepsAsInOnePass(*ref::makeReferenceEngine(), graph(), "handed on", 9);
}

TEST_P(EncoderDecoderTexts, AreReadAgainWhereTokensMeetOutsideAttention) {
    Graph graph = this->graph();
    const auto embedding = std::ranges::find_if(graph.nodes, [&](const graph::Node& node) {
        return node.op == "Gather" && node.input(1) == graph.find("decoder_input_ids");
    });
    ASSERT_NE(embedding, graph.nodes.end());
    const graph::ValueId words = embedding->outputs[0], axis = graph.addConstant("axis", Tensor::fromInt64s(Shape{}, {1}));
    const graph::ValueId sums = graph.addValue({.name = "sums", .type = graph.value(words).type});
    for (graph::Node& reader : graph.nodes) std::ranges::replace(reader.inputs, words, sums);
    graph::Node running{.name = "sums", .op = "CumSum", .version = 14};
    running.inputs = {words, axis};
    running.outputs = {sums};
    graph.nodes.insert(std::ranges::find_if(graph.nodes, [&](const graph::Node& node) { return node.output(0) == words; }) + 1, running);
    expectStepsAsInOnePass(*m_engine, graph, "recomputed", 5);
}

TEST_P(EncoderDecoderTexts, AreReadAgainWhereNothingHidesLaterTokens) {
    Graph graph = this->graph();
    const auto scores = std::ranges::find_if(graph.nodes, [](const graph::Node& node) {
        return node.op == "Add" && node.name.find("decoder") != std::string::npos &&
               (node.name.ends_with("SelfAttention/Add") || node.name.ends_with("self_attn/Add"));
    });
    ASSERT_NE(scores, graph.nodes.end());
    scores->op = "Identity";
    scores->inputs.resize(1);
    expectStepsAsInOnePass(*m_engine, graph, "recomputed", 6);
}

TEST_P(EncoderDecoderTexts, NeedASource) {
    const auto alone = runtime::makeDecoder(*m_engine, graph(), {}, 1, 8);
    ASSERT_FALSE(alone);
    EXPECT_EQ(alone.error().code, ErrorCode::Unsupported);
    EXPECT_NE(alone.error().text().find("trimtab generate"), std::string::npos) << alone.error().text();
    EXPECT_FALSE(runtime::readSource(*m_engine, graph(), {}, {}, 8));
    const auto text = runtime::textSource(graph(), {5, 6, 7});
    if (GetParam() == std::string_view("whisper")) {
        ASSERT_FALSE(text);
        EXPECT_NE(text.error().text().find("input_features"), std::string::npos) << text.error().text();
        return;
    }
    ASSERT_TRUE(text) << text.error().text();
    ASSERT_EQ(text->size(), 2U);
    EXPECT_EQ(tensor::toInt64s((*text)[1].tensor), (Tokens{1, 1, 1}));
}

TEST_P(EncoderDecoderTexts, EndWithTheTableOfPositions) {
    constexpr std::int64_t kPositions = 80;  // of Whisper; T5 has distances alone
    EXPECT_TRUE(runtime::readSource(*m_engine, graph(), {}, sourceOfBoth(), kPositions));
    const auto longer = runtime::readSource(*m_engine, graph(), {}, sourceOfBoth(), kPositions + 1);
    const bool hasTable = GetParam() == std::string_view("whisper");
    ASSERT_EQ(longer.has_value(), !hasTable);
    if (!hasTable) return;
    EXPECT_NE(longer.error().text().find("80 positions"), std::string::npos) << longer.error().text();
}

TEST_P(EncoderDecoderTexts, TakeTheKeysOfTheSourceFromOneRunOfTheEncoder) {
    const auto halves = runtime::encoderDecoder(graph());
    ASSERT_TRUE(halves) << halves.error().text();
    const auto products = [](const Graph& graph, const std::string& word) {
        return std::ranges::count_if(graph.nodes, [&](const graph::Node& node) {
            return node.op == "MatMul" && node.name.find(word) != std::string::npos;
        });
    };
    const bool isWhisper = GetParam() == std::string_view("whisper");
    for (const char* part : {"k", "v"}) {
        const std::string word = isWhisper ? std::string("/encoder_attn/") + part + "_proj" : std::string("/EncDecAttention/") + part;
        EXPECT_GT(products(halves->encoder, word), 0) << word;
        EXPECT_EQ(products(halves->decoder.graph, word), 0) << word;
    }
}

INSTANTIATE_TEST_SUITE_P(Each, EncoderDecoderTexts, testing::Values("t5", "t5_gated", "whisper"),
                         [](const auto& name) { return std::string(name.param); });

}  // namespace
}  // namespace trimtab::formats::huggingface
