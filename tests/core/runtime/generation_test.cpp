// Generation: what is read token by token equals what is read at once, a batch equals its sequences one by one, and both equal a plain
// statement of the architecture in double (tests/core/formats/huggingface/small_decoder.h).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/formats/huggingface/folder.h"
#include "core/formats/model_file.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/generation/cached_decoder.h"
#include "core/runtime/generation/generate.h"
#include "core/runtime/generation/growing_decoder.h"
#include "core/tensor/kept_row.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference_engine.h"
#include "tests/core/formats/huggingface/small_graph.h"
#include "tests/support/llama_shape.h"

namespace trimtab::runtime {
namespace {

using Tokens = std::vector<std::int64_t>;
using formats::huggingface::graphOf;
using formats::huggingface::SmallDecoder;
using formats::huggingface::someTokens;

class GenerationTest : public ::testing::Test {
protected:
    std::unique_ptr<Decoder> decoderOf(const Graph& graph, std::int64_t batch, std::int64_t capacity) {
        auto decoder = makeDecoder(*m_engine, graph, {}, batch, capacity);
        EXPECT_TRUE(decoder) << decoder.error().text();
        return std::move(*decoder);
    }
    std::vector<float> feed(Decoder& decoder, const std::vector<Tokens>& tokens) {
        const auto logits = decoder.feed(tokens);
        EXPECT_TRUE(logits) << logits.error().text();
        return {logits->begin(), logits->end()};
    }

    std::unique_ptr<Engine> m_engine = cpu::makeCpuEngine(2);
};

SmallDecoder drawn(std::uint64_t seed, const std::function<void(SmallDecoder&)>& change = {}) {
    SmallDecoder small;
    if (change) change(small);
    small.draw(seed);
    return small;
}

void expectLast(const std::vector<float>& logits, std::size_t sequence, const SmallDecoder& small, const Tokens& tokens) {
    const auto all = small.logits(tokens);
    const auto width = static_cast<std::size_t>(small.vocabulary);
    for (std::size_t i = 0; i < width; ++i)
        EXPECT_NEAR(logits[sequence * width + i], all[all.size() - width + i], 2e-5) << "token " << i << " of sequence " << sequence;
}

TEST_F(GenerationTest, StepsEqualAPlainStatementOfTheWholeText) {
    for (const bool windowed : {false, true}) {
        const SmallDecoder small = drawn(3, [&](SmallDecoder& s) {
            s.architecture = windowed ? "MistralForCausalLM" : "LlamaForCausalLM";
            if (windowed) s.window = 5, s.moreConfig = R"(, "sliding_window": 5)";
        });
        const auto decoder = decoderOf(graphOf(small), 1, 24);
        const Tokens text = someTokens(20, small.vocabulary, 1);
        Tokens fed(text.begin(), text.begin() + 7);
        expectLast(feed(*decoder, {fed}), 0, small, fed);
        for (std::size_t i = fed.size(); i < text.size(); ++i) {
            fed.push_back(text[i]);
            expectLast(feed(*decoder, {{text[i]}}), 0, small, fed);
        }
        EXPECT_EQ(decoder->lengths().front(), 20);
    }
}

TEST_F(GenerationTest, ABatchOfRaggedPromptsEqualsItsSequencesOneByOne) {
    const SmallDecoder small = drawn(4, [](SmallDecoder& s) { s.architecture = "Qwen2ForCausalLM", s.inputBias = true, s.tied = true; });
    const auto decoder = decoderOf(graphOf(small), 3, 30);
    std::vector<Tokens> texts{someTokens(9, small.vocabulary, 1), someTokens(1, small.vocabulary, 2), someTokens(14, small.vocabulary, 3)};
    auto logits = feed(*decoder, texts);
    for (std::size_t step = 0; step < 10; ++step) {
        for (std::size_t b = 0; b < texts.size(); ++b) expectLast(logits, b, small, texts[b]);
        std::vector<Tokens> next;
        for (std::size_t b = 0; b < texts.size(); ++b) next.push_back({static_cast<std::int64_t>((step * 7 + b * 3) % 31)});
        for (std::size_t b = 0; b < texts.size(); ++b) texts[b].push_back(next[b][0]);
        logits = feed(*decoder, next);
    }
}

TEST_F(GenerationTest, LaterTokensMayComeInParts) {
    const SmallDecoder small = drawn(5);
    const auto decoder = decoderOf(graphOf(small), 2, 40);
    std::vector<Tokens> texts{someTokens(30, small.vocabulary, 1), someTokens(30, small.vocabulary, 2)};
    std::size_t at = 0;
    for (const std::size_t part : {4U, 1U, 11U, 2U, 12U}) {
        std::vector<Tokens> next, fed;
        for (const Tokens& text : texts) {
            next.emplace_back(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(at + part));
            fed.emplace_back(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at + part));
        }
        const auto logits = feed(*decoder, next);
        for (std::size_t b = 0; b < texts.size(); ++b) expectLast(logits, b, small, fed[b]);
        at += part;
    }
}

TEST_F(GenerationTest, AModelWithCachesAmongItsInputsAndLengthsFromAMaskIsTakenToo) {
    for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16}) {
        const auto weights = support::drawLlama(support::LlamaShape::tiny(), {.type = type, .lengths = support::LlamaLengths::FromMask});
        ASSERT_TRUE(weights);
        const auto graph = support::llamaGraph(*weights, {.batch = 1, .newTokens = 3, .past = 5, .capacity = 16});
        ASSERT_TRUE(graph) << graph.error().text();
        auto model = cachedDecoder(*graph);
        ASSERT_TRUE(model) << model.error().text();
        EXPECT_EQ(model->graph.inputs.size(), 4 + 2 * model->caches.size());
        EXPECT_EQ(model->caches.front().type, type);
        const auto whole = makeDecoder(*m_engine, *graph, {}, 1, 16), steps = makeDecoder(*m_engine, *graph, {}, 1, 16);
        ASSERT_TRUE(whole) << whole.error().text();
        ASSERT_TRUE(steps) << steps.error().text();
        const Tokens text = someTokens(12, model->vocabulary, 9);
        const auto expected = feed(**whole, {text});
        std::vector<float> logits;
        for (const std::int64_t token : text) logits = feed(**steps, {{token}});
        const float bound = type == DataType::Float32 ? 2e-5F : 1e-3F;  // prompt and steps round the same values into their caches
        for (std::size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], expected[i], bound * (1 + std::abs(expected[i])));
    }
}

TEST_F(GenerationTest, CachesThatAreHandedOnGiveTheSameAsThoseInPlace) {
    const auto weights =
        support::drawLlama(support::LlamaShape::tiny(), {.type = DataType::Float32, .lengths = support::LlamaLengths::FromMask});
    ASSERT_TRUE(weights);
    const auto folder = base::TemporaryFolder::create("trimtab-generation");
    ASSERT_TRUE(folder);
    ASSERT_TRUE(support::writeLlama(*weights, folder->path() / "llama.onnx", 64));
    auto file = formats::readModel(folder->path() / "llama.onnx");
    ASSERT_TRUE(file) << file.error().text();
    ASSERT_TRUE(graph::inferShapes(file->graph));
    auto model = growingDecoder(file->graph);
    ASSERT_TRUE(model) << model.error().text();
    const auto growing = GrowingDecoder::make(*m_engine, *model, {}, 2, 20);
    ASSERT_TRUE(growing) << growing.error().text();
    EXPECT_EQ((*growing)->caching(), "handed on");
    EXPECT_TRUE((*growing)->plansEachStep()) << "GroupQueryAttention counts the rows that its mask shows from the first on";
    const auto inPlace = decoderOf(file->graph, 2, 20);
    EXPECT_EQ(inPlace->caching(), "in place");
    EXPECT_EQ((*growing)->cacheBytesPerToken(), inPlace->cacheBytesPerToken());
    std::vector<Tokens> next{someTokens(6, model->vocabulary, 1), someTokens(6, model->vocabulary, 2)};
    for (int step = 0; step < 6; ++step) {
        const auto expected = feed(*inPlace, next), logits = feed(**growing, next);
        ASSERT_EQ(logits.size(), expected.size());
        for (std::size_t i = 0; i < logits.size(); ++i) ASSERT_NEAR(logits[i], expected[i], 2e-5F * (1 + std::abs(expected[i])));
        next = {{step}, {step + 7}};
    }
    EXPECT_FALSE((*growing)->feed(std::vector<Tokens>{{1}, {1, 2}}));
}

TEST_F(GenerationTest, AModelWithoutCachesReadsTheWholeTextAgain) {
    const SmallDecoder small = drawn(8);
    auto model = growingDecoder(graphOf(small));
    ASSERT_TRUE(model) << model.error().text();
    const auto decoder = GrowingDecoder::make(*m_engine, std::move(*model), {}, 1, 16);
    ASSERT_TRUE(decoder);
    EXPECT_EQ((*decoder)->caching(), "recomputed");
    EXPECT_FALSE((*decoder)->plansEachStep()) << "it is causal: texts are filled up";
    EXPECT_EQ((*decoder)->cacheBytes(), 0);
    const Tokens text = someTokens(16, small.vocabulary, 1);
    for (const bool again : {false, true}) {
        Tokens fed(text.begin(), text.begin() + 8);
        expectLast(feed(**decoder, {fed}), 0, small, fed);
        for (std::size_t i = 8; i < text.size(); ++i) {
            fed.push_back(text[i]);
            expectLast(feed(**decoder, {{text[i]}}), 0, small, fed);
        }
        if (!again) (*decoder)->clear();
    }
}

TEST_F(GenerationTest, TextsWhoseScalesLookAtAllTokensAreNotFilledUp) {
    Graph graph = graphOf(drawn(8));
    const auto plansEachStep = [&] {
        auto model = growingDecoder(graph);
        EXPECT_TRUE(model) << model.error().text();
        const auto decoder = GrowingDecoder::make(*m_engine, std::move(*model), {}, 1, 20);
        EXPECT_TRUE(decoder) << decoder.error().text();
        return (*decoder)->plansEachStep();
    };
    EXPECT_FALSE(plansEachStep());
    for (const bool perToken : {false, true}) {
        for (graph::Node& node : graph.nodes) {
            if (node.op != "MatMul") continue;
            node.treatment.weightBits = node.treatment.activationBits = 8;
            node.treatment.activationPerToken = perToken;
        }
        EXPECT_EQ(plansEachStep(), !perToken);
    }
}

TEST_F(GenerationTest, WhereNothingWritesCachesInPlaceTheTextIsReadAgain) {
    const SmallDecoder small = drawn(8);
    Graph graph = graphOf(small);
    const auto reference = ref::makeReferenceEngine();
    const auto decoder = makeDecoder(*reference, graph, {}, 1, 12);
    ASSERT_TRUE(decoder) << decoder.error().text();
    EXPECT_EQ((*decoder)->caching(), "recomputed");
    const Tokens text = someTokens(5, small.vocabulary, 1);
    expectLast(feed(**decoder, {text}), 0, small, text);
    // Ranges of channels are imitated, and imitated in a cache they would be rounded at every step.
    for (graph::Node& node : graph.nodes) {
        node.treatment.kvBits = 8;
        node.treatment.kvPerChannel = true;
    }
    const auto rounded = decoderOf(graph, 1, 12);
    EXPECT_EQ(rounded->caching(), "recomputed");
    EXPECT_EQ(feed(*rounded, {text}).size(), static_cast<std::size_t>(small.vocabulary));
}

TEST_F(GenerationTest, CachesOfFewBitsAreWrittenInPlaceAndAgreeWithReadingTheTextAgain) {
    const SmallDecoder small = drawn(8);
    const Tokens text = someTokens(9, small.vocabulary, 1);
    const auto whole = decoderOf(graphOf(small), 1, 12);
    for (const int bits : {8, 4}) {
        Graph graph = graphOf(small);
        for (graph::Node& node : graph.nodes)
            if (node.op == "GroupQueryAttention") node.treatment.kvBits = bits;
        const auto decoder = decoderOf(graph, 1, 12);
        EXPECT_EQ(decoder->caching(), "in place");
        const std::int64_t rows = whole->cacheBytesPerToken() / 4 / small.headSize;  // rows of a token
        EXPECT_EQ(decoder->cacheBytesPerToken(), rows * tensor::keptRowBytes(small.headSize, bits));
        const auto reference = ref::makeReferenceEngine();
        const auto again = makeDecoder(*reference, graph, {}, 1, 12);
        ASSERT_TRUE(again) << again.error().text();
        EXPECT_EQ((*again)->caching(), "recomputed");
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto got = feed(*decoder, {{text[i]}}), expected = feed(**again, {{text[i]}});
            ASSERT_EQ(got.size(), expected.size());
            // A key that differs by rounding may take the neighbouring code: one step of its range.
            double largest = 0, error = 0;
            for (std::size_t j = 0; j < got.size(); ++j) {
                largest = std::max(largest, std::abs(static_cast<double>(expected[j])));
                error = std::max(error, std::abs(static_cast<double>(got[j]) - static_cast<double>(expected[j])));
            }
            EXPECT_LE(error, (bits == 8 ? 1e-3 : 2e-2) * largest) << bits << " bits, token " << i;
        }
    }
}

TEST_F(GenerationTest, GreedyTextTakesTheLikeliestTokenEachTime) {
    const SmallDecoder small = drawn(6);
    const auto decoder = decoderOf(graphOf(small), 1, 40);
    const Tokens prompt = someTokens(5, small.vocabulary, 2);
    std::vector<std::int64_t> heard;
    const auto made = generateTokens(*decoder, std::vector<Tokens>{prompt}, {.tokens = 12}, [&](std::size_t, std::int64_t token) {
        heard.push_back(token);
        return true;
    });
    ASSERT_TRUE(made) << made.error().text();
    ASSERT_EQ(made->tokens[0].size(), 12U);
    EXPECT_EQ(made->tokens[0], heard);
    EXPECT_EQ(made->stepMs.size(), 11U);
    EXPECT_GT(made->firstTokenMs, 0);
    Tokens text = prompt;
    for (const std::int64_t token : made->tokens[0]) {
        const auto all = small.logits(text);
        const auto last = all.end() - small.vocabulary;
        EXPECT_EQ(token, std::max_element(last, all.end()) - last);
        text.push_back(token);
    }
    // A second text starts from empty caches.
    const auto again = generateTokens(*decoder, std::vector<Tokens>{prompt}, {.tokens = 12});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->tokens, made->tokens);
}

TEST_F(GenerationTest, StopTokensEndTheirSequenceAlone) {
    const SmallDecoder small = drawn(6);
    const auto decoder = decoderOf(graphOf(small), 2, 40);
    const std::vector<Tokens> prompts{someTokens(5, small.vocabulary, 2), someTokens(3, small.vocabulary, 8)};
    const auto free = generateTokens(*decoder, prompts, {.tokens = 10});
    ASSERT_TRUE(free);
    const std::int64_t stop = free->tokens[0][4];
    const auto first = std::ranges::find(free->tokens[0], stop) - free->tokens[0].begin();
    const auto made = generateTokens(*decoder, prompts, {.tokens = 10, .stops = {stop}});
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->stopped[0]);
    EXPECT_EQ(made->tokens[0], Tokens(free->tokens[0].begin(), free->tokens[0].begin() + first));
    if (std::ranges::find(free->tokens[1], stop) == free->tokens[1].end()) {
        EXPECT_EQ(made->tokens[1], free->tokens[1]);
    }
    const auto cut = generateTokens(*decoder, prompts, {.tokens = 10}, [](std::size_t sequence, std::int64_t) { return sequence != 1; });
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->tokens[1].size(), 1U);
}

/// The engine's choice, made at the end of its graph, is the one that the host makes by the logits.
TEST_F(GenerationTest, ADecoderThatAnswersWithTokensWritesTheSameTexts) {
    const SmallDecoder small = drawn(6);
    const Graph graph = graphOf(small);
    const auto byLogits = decoderOf(graph, 3, 40);
    const auto byTokens = makeDecoder(*m_engine, graph, {}, 3, 40, Answer::Tokens);
    ASSERT_TRUE(byTokens) << byTokens.error().text();
    EXPECT_EQ((*byTokens)->caching(), "in place");
    EXPECT_EQ((*byTokens)->compiled().layers().back().op, "ChooseToken");
    const std::vector<Tokens> prompts{someTokens(5, small.vocabulary, 2), someTokens(3, small.vocabulary, 8), Tokens{1}};
    for (const Sampling& sampling :
         {Sampling{}, Sampling{.temperature = 1, .seed = 4}, Sampling{.temperature = 2, .topK = 9, .topP = 0.9}}) {
        const GenerationSetting setting{.tokens = 20, .stops = {3}, .sampling = sampling};
        const auto wanted = generateTokens(*byLogits, prompts, setting), made = generateTokens(**byTokens, prompts, setting);
        ASSERT_TRUE(wanted);
        ASSERT_TRUE(made) << made.error().text();
        EXPECT_EQ(made->tokens, wanted->tokens);
        EXPECT_EQ(made->stopped, wanted->stopped);
    }
    (*byTokens)->clear();
    const auto fed = (*byTokens)->feed(prompts);
    ASSERT_FALSE(fed);
    EXPECT_NE(fed.error().text().find("answers with tokens"), std::string::npos) << fed.error().text();
}

TEST_F(GenerationTest, LogitsThatAreNoNumbersEndAText) {
    Graph graph = graphOf(drawn(6));
    const auto head =
        std::ranges::find_if(graph.nodes, [](const graph::Node& node) { return node.name.find("lm_head") != std::string::npos; });
    ASSERT_NE(head, graph.nodes.end());
    std::optional<Tensor>& weight = graph.value(head->input(1)).constant;
    const auto count = static_cast<std::size_t>(weight.value().elementCount());
    weight = Tensor::fromFloats(weight->shape(), std::vector<float>(count, std::nanf("")));
    for (const Answer answer : {Answer::Logits, Answer::Tokens}) {
        const auto decoder = makeDecoder(*m_engine, graph, {}, 1, 8, answer);
        ASSERT_TRUE(decoder) << decoder.error().text();
        const auto made = generateTokens(**decoder, std::vector<Tokens>{{1, 2}}, {.tokens = 3});
        ASSERT_FALSE(made);
        EXPECT_NE(made.error().text().find("not a number"), std::string::npos) << made.error().text();
    }
}

TEST_F(GenerationTest, RefusesWhatDoesNotFit) {
    const SmallDecoder small = drawn(6);
    const Graph graph = graphOf(small);
    auto model = cachedDecoder(graph);
    ASSERT_TRUE(model);
    const std::int64_t tooMany = model->positions + 1;
    const auto wide = makeDecoder(*m_engine, graph, {}, 1, tooMany);
    ASSERT_FALSE(wide);
    EXPECT_NE(wide.error().text().find("positions"), std::string::npos);
    const auto decoder = decoderOf(graph, 1, 8);
    const auto expectRefused = [&](const std::vector<Tokens>& tokens, const std::string& word) {
        const auto fed = decoder->feed(tokens);
        ASSERT_FALSE(fed);
        EXPECT_NE(fed.error().text().find(word), std::string::npos) << fed.error().text();
    };
    expectRefused({Tokens(9, 1)}, "room for");
    expectRefused({{}}, "no tokens");
    expectRefused({{99}}, "outside the vocabulary");
    expectRefused({{1}, {1}}, "2 sequences");
    const auto made = generateTokens(*decoder, std::vector<Tokens>{Tokens(5, 1)}, {.tokens = 5});
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().text().find("context of 8"), std::string::npos);
    EXPECT_TRUE(generateTokens(*decoder, std::vector<Tokens>{Tokens(5, 1)}, {.tokens = 4}));
}

}  // namespace
}  // namespace trimtab::runtime
