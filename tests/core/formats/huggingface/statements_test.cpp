// Small checkpoints of each architecture against an independent statement in PyTorch (statements/state.py wrote both): logits through the
// reference and the CPU engine, and greedy text with caches in place and by reading the whole text again.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/base/file.h"
#include "core/runtime/generation/generate.h"
#include "core/runtime/generation/growing_decoder.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference_engine.h"
#include "tests/core/formats/huggingface/stated.h"

namespace trimtab::formats::huggingface {
namespace {

class StatedDecoders : public Stated {
protected:
    /// Of one text: its tokens, and the logits of each.
    void expectLogits(runtime::Engine& engine, const Graph& graph, double tolerance = kTolerance) const {
        const auto model = engine.compile(graph, {});
        ASSERT_TRUE(model) << model.error().text();
        for (const Json& text : m_expected["texts"]) {
            const std::vector<NamedTensor> inputs{{"input_ids", tensorOf(Json::array({text["ids"]}))}};
            const auto outputs = (*model)->run(inputs);
            ASSERT_TRUE(outputs) << outputs.error().text();
            expectNear(tensor::toFloats(outputs->front().tensor), text["logits"].get<std::vector<double>>(), tolerance);
        }
    }
    std::int64_t capacity() const {
        return static_cast<std::int64_t>(m_expected["greedy"]["prompt"].size() + m_expected["greedy"]["tokens"].size()) - 1;
    }
    std::unique_ptr<runtime::Engine> m_engine = cpu::makeCpuEngine(1);
};

TEST_P(StatedDecoders, HaveAPlaceForEveryTensor) {
    const auto made = read(folder());
    ASSERT_TRUE(made) << made.error().text();
    for (const std::string& problem : made->problems) EXPECT_NE(problem.find("long_factor"), std::string::npos) << problem;
}

TEST_P(StatedDecoders, HaveTheStatedLogitsInTheReference) { expectLogits(*ref::makeReferenceEngine(), graph()); }

TEST_P(StatedDecoders, HaveTheStatedLogitsOnTheCpu) { expectLogits(*m_engine, graph()); }

TEST_P(StatedDecoders, WriteTheStatedTextWithCachesInPlace) {
    const auto decoder = runtime::makeDecoder(*m_engine, graph(), {}, 1, capacity());
    ASSERT_TRUE(decoder) << decoder.error().text();
    EXPECT_EQ((*decoder)->caching(), "in place");
    const auto tokens = m_expected["greedy"]["tokens"].get<Tokens>();
    ASSERT_EQ(tokens.size(), 64U);
    EXPECT_EQ(greedyText(**decoder), tokens);
}

TEST_P(StatedDecoders, WriteTheStatedTextByReadingItAgain) {
    auto model = runtime::growingDecoder(graph());
    ASSERT_TRUE(model) << model.error().text();
    const auto decoder = runtime::GrowingDecoder::make(*m_engine, std::move(*model), {}, 1, capacity());
    ASSERT_TRUE(decoder) << decoder.error().text();
    EXPECT_EQ((*decoder)->caching(), "recomputed");
    EXPECT_EQ(greedyText(**decoder), m_expected["greedy"]["tokens"].get<Tokens>());
}

TEST_P(StatedDecoders, GoOnFromRaggedPromptsAsFromEachAlone) {
    const auto together = runtime::makeDecoder(*m_engine, graph(), {}, 2, 24), apart = runtime::makeDecoder(*m_engine, graph(), {}, 1, 24);
    ASSERT_TRUE(together && apart);
    const std::vector<Tokens> prompts{m_expected["texts"][0]["ids"].get<Tokens>(), m_expected["texts"][1]["ids"].get<Tokens>()};
    ASSERT_NE(prompts[0].size(), prompts[1].size());
    const auto both = runtime::generateTokens(**together, prompts, {.tokens = 10});
    ASSERT_TRUE(both) << both.error().text();
    for (std::size_t b = 0; b < prompts.size(); ++b) {
        const auto alone = runtime::generateTokens(**apart, std::vector<Tokens>{prompts[b]}, {.tokens = 10});
        ASSERT_TRUE(alone) << alone.error().text();
        EXPECT_EQ(both->tokens[b], alone->tokens[0]) << b;
    }
}

TEST_P(StatedDecoders, AnswerInBfloat16WithItsRounding) {
    const auto narrow = base::TemporaryFolder::create("statements").value();
    writeNarrow(folder(), narrow.path());
    const Graph graph = graphIn(read(narrow.path()));
    EXPECT_EQ(graph.value(graph.outputs.front()).type.type, DataType::BFloat16);
    // Weights of eight bits of precision through all layers; near a tie a router chooses another expert.
    const double tolerance = GetParam() == std::string_view("mixtral") ? 0.2 : 0.1;
    expectLogits(*m_engine, graph, tolerance);
    expectLogits(*ref::makeReferenceEngine(), graph, tolerance);
    const auto decoder = runtime::makeDecoder(*m_engine, graph, {}, 1, 24);
    ASSERT_TRUE(decoder) << decoder.error().text();
    EXPECT_EQ((*decoder)->caching(), "in place");
    const Json& text = m_expected["texts"][0];
    const auto ids = text["ids"].get<Tokens>();
    std::vector<float> last;
    for (const std::int64_t id : ids) {
        const auto logits = (*decoder)->feed(std::vector<Tokens>{{id}});
        ASSERT_TRUE(logits) << logits.error().text();
        last.assign(logits->begin(), logits->end());
    }
    const auto all = text["logits"].get<std::vector<double>>();
    expectNear(last, {all.end() - static_cast<std::ptrdiff_t>(last.size()), all.end()}, tolerance);
}

TEST_P(StatedDecoders, RunWithWeightsDrawnForTheirConfig) {
    const Graph drawn = graphIn(readRandom(folder() / "config.json", 3)), types = graphIn(readRandom(folder() / "config.json", 3, false));
    const Graph read = graph();
    ASSERT_EQ(drawn.values.size(), read.values.size());
    for (std::size_t i = 0; i < read.values.size(); ++i) {
        EXPECT_EQ(drawn.values[i].type.text(), read.values[i].type.text());
        EXPECT_EQ(types.values[i].type.text(), read.values[i].type.text());
    }
    const auto decoder = runtime::makeDecoder(*m_engine, drawn, {}, 1, 8);
    ASSERT_TRUE(decoder) << decoder.error().text();
    const auto logits = (*decoder)->feed(std::vector<Tokens>{{1, 2, 3}});
    ASSERT_TRUE(logits) << logits.error().text();
    EXPECT_TRUE(std::ranges::all_of(*logits, [](float value) { return std::isfinite(value); }));
    EXPECT_TRUE(std::ranges::any_of(*logits, [](float value) { return value != 0; }));
}

INSTANTIATE_TEST_SUITE_P(Each, StatedDecoders,
                         testing::Values("llama", "mistral", "qwen2", "qwen3", "phi3", "phi3_longrope", "gemma", "gemma2", "gemma3", "gpt2",
                                         "mixtral"),
                         [](const auto& name) { return std::string(name.param); });

class StatedEncoders : public Stated {};

TEST_P(StatedEncoders, HaveAPlaceForEveryTensor) {
    const auto made = read(folder());
    ASSERT_TRUE(made) << made.error().text();
    EXPECT_TRUE(made->problems.empty()) << made->problems.front();
}

TEST_P(StatedEncoders, HaveTheStatedOutputsInTheReference) { expectOutputs(*ref::makeReferenceEngine(), graph()); }

TEST_P(StatedEncoders, HaveTheStatedOutputsOnTheCpu) { expectOutputs(*cpu::makeCpuEngine(1), graph()); }

TEST_P(StatedEncoders, GenerateNothing) {
    const auto engine = cpu::makeCpuEngine(1);
    const auto decoder = runtime::makeDecoder(*engine, graph(), {}, 1, 8);
    ASSERT_FALSE(decoder);
    EXPECT_EQ(decoder.error().code, ErrorCode::Unsupported);
}

TEST_P(StatedEncoders, HaveTheSameTypesWithWeightsDrawnForTheirConfig) {
    const Graph drawn = graphIn(readRandom(folder() / "config.json", 3)), read = graph();
    ASSERT_EQ(drawn.outputs.size(), read.outputs.size());
    for (std::size_t i = 0; i < read.outputs.size(); ++i)
        EXPECT_EQ(drawn.value(drawn.outputs[i]).type.text(), read.value(read.outputs[i]).type.text());
    EXPECT_TRUE(cpu::makeCpuEngine(1)->compile(drawn, {}));
}

INSTANTIATE_TEST_SUITE_P(Each, StatedEncoders, testing::Values("bert", "bert_masked_lm", "bert_classifier"),
                         [](const auto& name) { return std::string(name.param); });

}  // namespace
}  // namespace trimtab::formats::huggingface
