// Small checkpoints of every architecture on engine cuda, against what an independent statement in PyTorch answers
// (tests/core/formats/huggingface/statements): logits, and greedy text with caches that stay on the device.
#include <gtest/gtest.h>

#include "core/tensor/convert.h"
#include "kernels/cuda/cuda_engine.h"
#include "tests/core/formats/huggingface/stated.h"
#include "tests/kernels/cuda/engine_harness.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr double kOnCuda = 1e-4;  // of the largest value that a text is answered with

std::unique_ptr<runtime::Engine> engine() { return cuda::makeCudaEngine(cuda::sharedTools()); }

class CudaDecoders : public Stated {};

TEST_P(CudaDecoders, HaveTheStatedLogits) {
    const auto cuda = engine();
    const auto model = cuda->compile(graph(), {});
    ASSERT_TRUE(model) << model.error().text();
    for (const Json& text : m_expected["texts"]) {
        const std::vector<NamedTensor> inputs{{"input_ids", tensorOf(Json::array({text["ids"]}))}};
        const auto outputs = (*model)->run(inputs);
        ASSERT_TRUE(outputs) << outputs.error().text();
        expectNear(tensor::toFloats(outputs->front().tensor), text["logits"].get<std::vector<double>>(), kOnCuda);
    }
}

TEST_P(CudaDecoders, WriteTheStatedTextWithCachesInPlace) {
    const auto cuda = engine();
    const std::size_t tokens = m_expected["greedy"]["prompt"].size() + m_expected["greedy"]["tokens"].size();
    const auto decoder = runtime::makeDecoder(*cuda, graph(), {}, 1, static_cast<std::int64_t>(tokens) - 1);
    ASSERT_TRUE(decoder) << decoder.error().text();
    EXPECT_EQ((*decoder)->caching(), "in place");
    EXPECT_EQ(greedyText(**decoder), m_expected["greedy"]["tokens"].get<Tokens>());
}

INSTANTIATE_TEST_SUITE_P(Each, CudaDecoders,
                         testing::Values("llama", "mistral", "qwen2", "qwen3", "phi3", "phi3_longrope", "gemma", "gemma2", "gemma3", "gpt2",
                                         "mixtral"),
                         [](const auto& name) { return std::string(name.param); });

class CudaEncoders : public Stated {};

TEST_P(CudaEncoders, HaveTheStatedOutputs) { expectOutputs(*engine(), graph(), kOnCuda); }

INSTANTIATE_TEST_SUITE_P(Each, CudaEncoders, testing::Values("bert", "bert_masked_lm", "bert_classifier", "t5", "t5_gated", "whisper"),
                         [](const auto& name) { return std::string(name.param); });

}  // namespace
}  // namespace trimtab::formats::huggingface
