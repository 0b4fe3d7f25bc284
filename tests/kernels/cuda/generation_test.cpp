// Generation on engine cuda: caches stay on the device from the prompt to the last step, a step is replayed while they grow, and what is
// answered equals a plain statement of the architecture in double (tests/core/formats/huggingface/small_decoder.h).
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/compress/compress.h"
#include "core/formats/huggingface/folder.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/generation/generate.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/cuda/cuda_engine.h"
#include "tests/core/formats/huggingface/small_graph.h"
#include "tests/core/runtime/exported_decoder.h"
#include "tests/kernels/cuda/engine_harness.h"
#include "tests/support/llama_shape.h"

namespace trimtab::cuda {
namespace {

using formats::huggingface::graphOf;
using formats::huggingface::SmallDecoder;
using formats::huggingface::someTokens;
using Tokens = std::vector<std::int64_t>;

SmallDecoder drawn(const std::function<void(SmallDecoder&)>& change = {}) {
    SmallDecoder small;
    if (change) change(small);
    small.draw(3);
    return small;
}

std::vector<float> feed(runtime::Decoder& decoder, const std::vector<Tokens>& tokens) {
    const auto logits = decoder.feed(tokens);
    EXPECT_TRUE(logits) << logits.error().text();
    return logits ? std::vector<float>(logits->begin(), logits->end()) : std::vector<float>();
}

void expectLast(const std::vector<float>& logits, std::size_t sequence, const SmallDecoder& small, const Tokens& tokens) {
    const auto all = small.logits(tokens);
    const auto width = static_cast<std::size_t>(small.vocabulary);
    ASSERT_GE(logits.size(), (sequence + 1) * width);
    for (std::size_t i = 0; i < width; ++i)
        ASSERT_NEAR(logits[sequence * width + i], all[all.size() - width + i], 2e-5) << "token " << i << " of sequence " << sequence;
}

class CudaGeneration : public testing::Test {
protected:
    std::unique_ptr<runtime::Decoder> decoderOf(const Graph& graph, std::int64_t batch, std::int64_t capacity) {
        auto decoder = runtime::makeDecoder(*m_engine, graph, {}, batch, capacity);
        EXPECT_TRUE(decoder) << decoder.error().text();
        if (!decoder) return nullptr;
        EXPECT_EQ((*decoder)->caching(), "in place");
        return std::move(*decoder);
    }
    std::unique_ptr<runtime::Engine> m_engine = makeCudaEngine(sharedTools());
};

TEST_F(CudaGeneration, StepsEqualAPlainStatementOfTheWholeText) {
    for (const bool windowed : {false, true}) {
        const SmallDecoder small = drawn([&](SmallDecoder& s) {
            if (windowed) s.architecture = "MistralForCausalLM", s.window = 5, s.moreConfig = R"(, "sliding_window": 5)";
        });
        const auto decoder = decoderOf(graphOf(small), 1, 24);
        ASSERT_TRUE(decoder);
        const Tokens text = someTokens(20, small.vocabulary, 1);
        for (const bool again : {false, true}) {
            Tokens fed(text.begin(), text.begin() + 7);
            expectLast(feed(*decoder, {fed}), 0, small, fed);
            for (std::size_t i = fed.size(); i < text.size(); ++i) {
                fed.push_back(text[i]);
                expectLast(feed(*decoder, {{text[i]}}), 0, small, fed);
            }
            if (!again) decoder->clear();  // what the caches hold then is nobody's
        }
    }
}

TEST_F(CudaGeneration, RaggedPromptsAndPartsEqualTheirSequencesOneByOne) {
    const SmallDecoder small = drawn([](SmallDecoder& s) { s.architecture = "Qwen2ForCausalLM", s.inputBias = true, s.tied = true; });
    const auto decoder = decoderOf(graphOf(small), 3, 40);
    ASSERT_TRUE(decoder);
    std::vector<Tokens> texts{someTokens(9, small.vocabulary, 1), someTokens(1, small.vocabulary, 2), someTokens(14, small.vocabulary, 3)};
    auto logits = feed(*decoder, texts);
    for (const std::size_t part : {1U, 1U, 1U, 6U, 1U}) {
        for (std::size_t b = 0; b < texts.size(); ++b) expectLast(logits, b, small, texts[b]);
        std::vector<Tokens> next;
        for (std::size_t b = 0; b < texts.size(); ++b) {
            next.push_back(someTokens(part, small.vocabulary, 10 * texts[0].size() + b));
            texts[b].insert(texts[b].end(), next[b].begin(), next[b].end());
        }
        logits = feed(*decoder, next);
    }
}

TEST_F(CudaGeneration, NoStepWaitsForTheHost) {
    const SmallDecoder small = drawn();
    const auto decoder = decoderOf(graphOf(small), 2, 16);
    ASSERT_TRUE(decoder);
    feed(*decoder, {{1, 2, 3}, {4, 5}});
    feed(*decoder, {{6}, {7}});
    for (const trace::LayerRecord& layer : decoder->compiled().layers())
        EXPECT_NE(layer.kernel, "reference on the host") << layer.node << " " << layer.op << ": " << layer.reason;
}

TEST_F(CudaGeneration, TokensAreChosenOnTheDeviceAsTheCpuChooses) {
    const auto cpu = cpu::makeCpuEngine(2);
    const SmallDecoder small = drawn();
    const Graph graph = graphOf(small);
    const auto decoder = runtime::makeDecoder(*m_engine, graph, {}, 2, 30, runtime::Answer::Tokens);
    const auto beside = runtime::makeDecoder(*cpu, graph, {}, 2, 30);
    ASSERT_TRUE(decoder && beside);
    const std::vector<Tokens> prompts{{1, 2, 3}, {4, 5}};
    for (const runtime::Sampling& sampling : {runtime::Sampling{}, runtime::Sampling{.temperature = 1, .seed = 4},
                                              runtime::Sampling{.temperature = 2, .topK = 9, .topP = 0.9}}) {
        const auto made = runtime::generateTokens(**decoder, prompts, {.tokens = 12, .sampling = sampling});
        const auto wanted = runtime::generateTokens(**beside, prompts, {.tokens = 12, .sampling = sampling});
        ASSERT_TRUE(wanted);
        ASSERT_TRUE(made) << made.error().text();
        EXPECT_EQ(made->tokens, wanted->tokens);
    }
    const auto& layers = (*decoder)->compiled().layers();
    EXPECT_EQ(layers.back().kernel, "token choice");
    for (const trace::LayerRecord& layer : layers) EXPECT_NE(layer.kernel, "reference on the host") << layer.node << " " << layer.op;
}

/// Types of 16 bits, tensor cores' heads, and compressed weights: the same as on the CPU.
TEST_F(CudaGeneration, AgreesWithTheCpuInEveryTypeAndCompressed) {
    const auto cpu = cpu::makeCpuEngine(2);
    for (const DataType type : {DataType::Float32, DataType::Float16, DataType::BFloat16}) {
        const auto weights =
            support::drawLlama(support::LlamaShape::tiny(), {.type = type, .lengths = support::LlamaLengths::FromMask}).value();
        const auto graph = support::llamaGraph(weights, {.batch = 2, .newTokens = 3, .past = 5, .capacity = 16}).value();
        for (const char* recipe : {"{}", R"({"weights": {"bits": 8}})", R"({"weights": {"bits": 4, "group": 32}})"}) {
            SCOPED_TRACE(std::string(tensor::name(type)) + " " + recipe);
            const Graph compressed = compress::compress(graph, recipe::parse(recipe).value()).value().graph;
            const auto decoder = decoderOf(compressed, 2, 16);
            auto beside = runtime::makeDecoder(*cpu, compressed, {}, 2, 16);
            ASSERT_TRUE(decoder && beside);
            std::vector<Tokens> next{{3, 1, 4, 1, 5}, {9, 2, 6, 5, 3}};
            for (std::int64_t step = 0; step < 6; ++step) {
                const auto got = feed(*decoder, next);
                const auto wanted = feed(**beside, next);
                double error = 0, size = 0;
                for (std::size_t i = 0; i < wanted.size(); ++i) {
                    error += std::pow(got[i] - wanted[i], 2);
                    size += std::pow(wanted[i], 2);
                }
                ASSERT_LE(std::sqrt(error / size), type == DataType::Float32 ? 1e-4 : 3e-2) << "step " << step;
                next = {{step}, {step + 7}};
            }
        }
    }
}

TEST_F(CudaGeneration, CachesThatNoKernelWritesAreDoneWithout) {
    const SmallDecoder small = drawn();
    Graph graph = graphOf(small);
    for (graph::Node& node : graph.nodes)
        if (node.op == "GroupQueryAttention") node.treatment.kvBits = 8;
    auto decoder = runtime::makeDecoder(*m_engine, graph, {}, 1, 12);
    ASSERT_TRUE(decoder) << decoder.error().text();
    EXPECT_EQ((*decoder)->caching(), "recomputed");
    const Tokens text = someTokens(5, small.vocabulary, 1);
    const auto logits = feed(**decoder, {text});
    const auto whole = small.logits(text);
    for (std::size_t i = 0; i < logits.size(); ++i)
        EXPECT_NEAR(logits[i], whole[whole.size() - logits.size() + i], 0.05) << "8 bits round keys and values";
}

/// Caches that are handed on go up and come back at each step; the step is replayed while their shapes stay.
TEST_F(CudaGeneration, AnExportedDecoderStepsBehindHiddenRowsAsTheCpuDoes) {
    const auto cpu = cpu::makeCpuEngine(2);
    const Graph graph = runtime::exportedDecoder(runtime::Exported::GivenPositions);
    const auto decoder = runtime::makeDecoder(*m_engine, graph, {}, 2, 80), beside = runtime::makeDecoder(*cpu, graph, {}, 2, 80);
    ASSERT_TRUE(decoder && beside);
    EXPECT_EQ((*decoder)->caching(), "handed on");
    EXPECT_FALSE((*decoder)->plansEachStep());
    for (std::int64_t step = 0; step < 70; ++step) {
        const std::vector<Tokens> next{Tokens(step == 0 ? 5 : 1, step % 16), Tokens(step == 0 ? 5 : 1, step * 3 % 16)};
        const auto got = feed(**decoder, next), wanted = feed(**beside, next);
        ASSERT_EQ(got.size(), wanted.size());
        for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], wanted[i], 1e-4) << "step " << step;
    }
}

TEST_F(CudaGeneration, RefusesMoreTokensThanThereIsRoomFor) {
    const SmallDecoder small = drawn();
    const auto decoder = decoderOf(graphOf(small), 1, 4);
    ASSERT_TRUE(decoder);
    feed(*decoder, {{1, 2, 3}});
    feed(*decoder, {{4}});
    const auto more = decoder->feed(std::vector<Tokens>{{5}});
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, ErrorCode::Refused);
}

}  // namespace
}  // namespace trimtab::cuda
