#include "core/formats/huggingface/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numbers>

#include "core/base/file.h"
#include "core/formats/huggingface/families/llama.h"
#include "core/formats/huggingface/rotary.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"
#include "kernels/ref/graph_run.h"
#include "tests/core/formats/huggingface/small_decoder.h"

namespace trimtab::formats::huggingface {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Folders : public testing::Test {
protected:
    const std::filesystem::path& folder() const { return m_folder.path(); }
    std::string refusal() const {
        const auto made = read(folder());
        return made ? "was read" : made.error().text();
    }
    std::string refusal(SmallDecoder decoder, const std::string& moreConfig) const {
        decoder.moreConfig = moreConfig;
        decoder.write(folder());
        return refusal();
    }

    /// Both rows of a batch against the plain statement.
    void expectAnswers(const SmallDecoder& decoder) {
        decoder.write(folder());
        auto made = read(folder());
        ASSERT_TRUE(made) << made.error().text();
        EXPECT_THAT(made->problems, ElementsAre());
        ASSERT_TRUE(graph::inferShapes(made->graph));
        const std::vector<std::int64_t> one{3, 0, 17, 17, 5, 30, 9}, other{8, 1, 2, 4, 29, 11, 0};
        std::vector<std::int64_t> both = one;
        both.insert(both.end(), other.begin(), other.end());
        const auto outputs = ref::evaluateGraph(made->graph, {Tensor::fromInt64s(Shape{2, 7}, both)});
        ASSERT_TRUE(outputs) << outputs.error().text();
        const auto& logits = std::get<Tensor>(outputs->at(0));
        EXPECT_EQ(logits.shape(), (Shape{2, 7, decoder.vocabulary}));
        const auto got = tensor::toFloats(logits);
        std::vector<double> wanted = decoder.logits(one), second = decoder.logits(other);
        wanted.insert(wanted.end(), second.begin(), second.end());
        double largest = 0;
        for (const double value : wanted) largest = std::max(largest, std::abs(value));
        for (std::size_t i = 0; i < wanted.size(); ++i) ASSERT_NEAR(got[i], wanted[i], 2e-6 * largest) << i;
    }

    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("huggingface");
};

TEST_F(Folders, OfLlamaAnswerAsItsStatementDoes) {
    SmallDecoder decoder;
    decoder.draw(1);
    expectAnswers(decoder);
}

TEST_F(Folders, OfLlamaWithEveryBiasAndATiedHead) {
    SmallDecoder decoder{.tied = true, .inputBias = true, .outputBias = true, .gateBias = true};
    decoder.moreConfig = R"(, "attention_bias": true, "mlp_bias": true)";
    decoder.draw(2);
    expectAnswers(decoder);
}

TEST_F(Folders, OfMistralWhoseTokensSeeAWindow) {
    SmallDecoder decoder{.architecture = "MistralForCausalLM", .headSize = 10, .window = 3};
    decoder.moreConfig = R"(, "sliding_window": 3)";
    decoder.draw(3);
    expectAnswers(decoder);
}

TEST_F(Folders, OfQwen2WhoseQueriesKeysAndValuesAreBiased) {
    SmallDecoder decoder{.architecture = "Qwen2ForCausalLM", .kvHeads = 1, .theta = 1e6, .inputBias = true};
    decoder.moreConfig = R"(, "sliding_window": 4096, "use_sliding_window": false)";
    decoder.draw(4);
    expectAnswers(decoder);
}

TEST_F(Folders, ReadRotaryParametersWhereNewerConfigsKeepThem) {
    SmallDecoder decoder{.theta = 500};
    decoder.draw(5);
    decoder.write(folder());
    // θ stands in rope_parameters alone.
    std::string config = decoder.config();
    const std::string older = "\"rope_theta\": 500";
    config.replace(config.find(older), older.size(), "\"rope_parameters\": {\"rope_type\": \"default\", \"rope_theta\": 500}");
    const auto read = llamaConfig(base::parseJson(config, "config").value());
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(read->rotary.theta, 500);
    decoder.moreConfig = R"(, "rope_parameters": {"rope_type": "default", "rope_theta": 500})";
    expectAnswers(decoder);
    EXPECT_THAT(refusal(decoder, R"(, "rope_parameters": {"rope_type": "yarn", "rope_theta": 500})"), HasSubstr("yarn"));
    EXPECT_THAT(refusal(decoder, R"(, "rope_parameters": {"full_attention": {"rope_theta": 500}})"), HasSubstr("full_attention"));
    EXPECT_THAT(refusal(decoder, R"(, "rope_parameters": 3)"), HasSubstr("rope_parameters is no object"));
}

TEST_F(Folders, TakeWindowsAndBiasesAsTransformersDoes) {
    const auto configOf = [](Result<DecoderConfig> (*read)(const Json&), const std::string& more) {
        SmallDecoder decoder;
        decoder.moreConfig = more;
        return read(base::parseJson(decoder.config(), "config").value());
    };
    EXPECT_EQ(configOf(mistralConfig, "")->window, 4096);
    EXPECT_EQ(configOf(mistralConfig, R"(, "sliding_window": null)")->window, std::nullopt);
    EXPECT_EQ(configOf(mistralConfig, R"(, "use_sliding_window": false, "sliding_window": 7)")->window, 7);
    EXPECT_EQ(configOf(llamaConfig, R"(, "sliding_window": 7)")->window, std::nullopt);
    for (const auto& read : {qwen2Config, qwen3Config}) {
        const auto late = configOf(read, R"(, "use_sliding_window": true, "max_window_layers": 1, "sliding_window": 5)");
        EXPECT_EQ(late->windowOf(0), std::nullopt);
        EXPECT_EQ(late->windowOf(1), 5);
        EXPECT_EQ(configOf(read, R"(, "max_window_layers": 1, "sliding_window": 5)")->windowOf(1), std::nullopt);
        const auto named = configOf(read, R"(, "use_sliding_window": true, "layer_types": ["sliding_attention", "full_attention"])");
        EXPECT_EQ(named->windowOf(0), 4096);
        EXPECT_EQ(named->windowOf(1), std::nullopt);
        EXPECT_FALSE(configOf(read, R"(, "use_sliding_window": true, "layer_types": ["sliding_attention"])"));
        EXPECT_FALSE(configOf(read, R"(, "use_sliding_window": true, "layer_types": ["full_attention", "linear_attention"])"));
    }
    EXPECT_TRUE(configOf(qwen2Config, R"(, "attention_bias": false)")->inputBias);
    EXPECT_FALSE(configOf(mistralConfig, R"(, "attention_bias": true)")->inputBias);
    EXPECT_TRUE(configOf(llamaConfig, R"(, "attention_bias": true)")->outputBias);
}

TEST_F(Folders, FindThatWeightsAreMissingBeforeTheyMakeTables) {
    SmallDecoder decoder;
    decoder.draw(1);
    decoder.tensors.erase("lm_head.weight");
    decoder.write(folder());
    std::string config = decoder.config();
    const std::string positions = "\"max_position_embeddings\": 64";
    config.replace(config.find(positions), positions.size(), "\"max_position_embeddings\": 16777216");
    std::ofstream(folder() / "config.json") << config;
    EXPECT_THAT(refusal(), HasSubstr("has no lm_head.weight"));
    config.replace(config.find("\"head_dim\": 6"), 13, "\"head_dim\": 64");
    std::ofstream(folder() / "config.json") << config;
    EXPECT_THAT(refusal(), HasSubstr("max_position_embeddings is 16777216, too many"));
}

TEST_F(Folders, WithoutReadingWeightsHaveTheSameTypes) {
    SmallDecoder decoder;
    decoder.draw(1);
    decoder.write(folder());
    const auto whole = read(folder()), bare = read(folder(), false);
    ASSERT_TRUE(whole && bare);
    EXPECT_EQ(whole->fileBytes, bare->fileBytes);
    ASSERT_EQ(whole->graph.values.size(), bare->graph.values.size());
    int unread = 0;
    for (std::size_t i = 0; i < whole->graph.values.size(); ++i) {
        EXPECT_EQ(whole->graph.values[i].type.text(), bare->graph.values[i].type.text());
        unread += bare->graph.values[i].weightsUnread ? 1 : 0;
    }
    EXPECT_EQ(unread, 2 * 9 + 3 + 2) << "both rotary tables too";
}

TEST_F(Folders, SayWhatTheCheckpointLacksOrHasTooMuchOf) {
    SmallDecoder decoder;
    decoder.draw(1);
    SmallDecoder changed = decoder;
    changed.tensors.erase("model.layers.1.mlp.up_proj.weight");
    EXPECT_THAT(refusal(changed, ""), HasSubstr("has no model.layers.1.mlp.up_proj.weight"));
    changed = decoder;
    changed.intermediate = 41;
    EXPECT_THAT(refusal(changed, ""), HasSubstr("model.layers.0.mlp.gate_proj.weight is [40, 24], and the config asks for [41, 24]"));
    changed = decoder;
    changed.tensors["model.layers.0.self_attn.q_norm.weight"] = {1};
    changed.shapes["model.layers.0.self_attn.q_norm.weight"] = {1};
    changed.write(folder());
    EXPECT_THAT(read(folder())->problems, ElementsAre(HasSubstr("q_norm.weight has no place in a LlamaForCausalLM")));
}

TEST_F(Folders, RefuseConfigsByTheNameOfTheField) {
    SmallDecoder decoder;
    decoder.draw(1);
    EXPECT_THAT(refusal(decoder, R"(, "rope_scaling": {"rope_type": "yarn", "factor": 4})"), HasSubstr("rope_scaling of type yarn"));
    EXPECT_THAT(refusal(decoder, R"(, "rope_scaling": {"type": "linear", "factor": 0.5})"), HasSubstr("factor must be at least 1"));
    EXPECT_THAT(refusal(decoder, R"(, "quantization_config": {"bits": 4})"), HasSubstr("quantization_config"));
    decoder.architecture = "MambaForCausalLM";
    EXPECT_THAT(refusal(decoder, ""), HasSubstr("MambaForCausalLM is not read yet"));
    decoder.architecture = "LlamaForCausalLM";
    decoder.kvHeads = 3;
    EXPECT_THAT(refusal(decoder, ""), HasSubstr("no multiple of num_key_value_heads (3)"));
    decoder.kvHeads = 0;
    EXPECT_THAT(refusal(decoder, ""), HasSubstr("num_key_value_heads is 0"));
    std::ofstream(folder() / "config.json") << "{}";
    EXPECT_THAT(refusal(), HasSubstr("names no architecture"));
    std::ofstream(folder() / "config.json") << "{";
    EXPECT_THAT(refusal(), HasSubstr("config.json"));
    std::filesystem::remove(folder() / "config.json");
    EXPECT_FALSE(isModelFolder(folder()));
    EXPECT_FALSE(read(folder()));
}

TEST_F(Folders, HashTheirConfigAndTheirTensors) {
    SmallDecoder decoder;
    decoder.draw(1);
    decoder.write(folder());
    const std::string first = folderHash(folder()).value();
    EXPECT_EQ(folderHash(folder()).value(), first);
    decoder.tensors["model.norm.weight"][3] += 1;
    decoder.write(folder());
    EXPECT_NE(folderHash(folder()).value(), first);
}

TEST(RotaryFrequencies, AreStretchedAsTheConfigAsks) {
    Rotary rotary{.theta = 500000, .size = 64};
    const auto plain = rotaryFrequencies(rotary);
    ASSERT_EQ(plain.size(), 32U);
    EXPECT_DOUBLE_EQ(plain[0], 1);
    EXPECT_NEAR(plain[31], std::pow(500000.0, -62.0 / 64.0), 1e-15);
    rotary.scaling = {.kind = RotaryScaling::Kind::Linear, .factor = 4};
    EXPECT_DOUBLE_EQ(rotaryFrequencies(rotary)[5], plain[5] / 4);
    // Llama 3.1's own words are of wavelengths.
    rotary.scaling = {
        .kind = RotaryScaling::Kind::Llama3, .factor = 8, .lowFrequencyFactor = 1, .highFrequencyFactor = 4, .originalPositions = 8192};
    const auto stretched = rotaryFrequencies(rotary);
    for (std::size_t i = 0; i < plain.size(); ++i) {
        const double wavelength = 2 * std::numbers::pi / plain[i];
        double wanted = plain[i];
        if (wavelength > 8192.0 / 1) {
            wanted = plain[i] / 8;
        } else if (wavelength >= 8192.0 / 4) {
            const double smooth = (8192.0 / wavelength - 1) / (4.0 - 1);
            wanted = (1 - smooth) * plain[i] / 8 + smooth * plain[i];
        }
        EXPECT_NEAR(stretched[i], wanted, 1e-12 * wanted) << i;
    }
}

TEST_F(Folders, AreDrawnForAConfigAlone) {
    SmallDecoder decoder{.tied = true, .moreConfig = R"(, "torch_dtype": "bfloat16")"};
    decoder.draw(1);
    decoder.write(folder());
    std::filesystem::remove(folder() / "model.safetensors");
    for (const auto& path : {folder(), folder() / "config.json"}) {
        const auto made = readRandom(path, 7);
        ASSERT_TRUE(made) << made.error().text();
        const auto again = readRandom(path, 7), other = readRandom(path, 8), types = readRandom(path, 7, false);
        ASSERT_TRUE(again && other && types);
        const auto tensorOf = [](const Folder& from, const std::string& name) { return from.graph.value(from.graph.find(name)).constant; };
        const auto embedding = tensorOf(*made, "model.embed_tokens.weight"), head = tensorOf(*made, "lm_head.weight");
        ASSERT_TRUE(embedding && head);
        EXPECT_EQ(embedding->type(), DataType::BFloat16);
        const auto rows = tensor::toFloats(*embedding), turned = tensor::toFloats(*head);
        double square = 0;
        for (int r = 0; r < decoder.vocabulary; ++r)
            for (int c = 0; c < decoder.hidden; ++c) {
                const float value = rows[static_cast<std::size_t>(r * decoder.hidden + c)];
                square += double{value} * value;
                ASSERT_EQ(turned[static_cast<std::size_t>(c * decoder.vocabulary + r)], value)
                    << "the tied head has the embedding's values";
            }
        EXPECT_NEAR(std::sqrt(square / static_cast<double>(rows.size())), 0.02, 0.002);
        EXPECT_EQ(rows, tensor::toFloats(*tensorOf(*again, "model.embed_tokens.weight")));
        EXPECT_NE(rows, tensor::toFloats(*tensorOf(*other, "model.embed_tokens.weight")));
        EXPECT_EQ(tensor::toFloats(*tensorOf(*made, "model.norm.weight")),
                  std::vector<float>(static_cast<std::size_t>(decoder.hidden), 1.0F));
        EXPECT_FALSE(tensorOf(*types, "model.embed_tokens.weight"));
    }
    EXPECT_NE(*randomHash(folder(), 7), *randomHash(folder(), 8));
}

TEST_F(Folders, AreNotDrawnInTypesWithoutAProduct) {
    SmallDecoder decoder{.moreConfig = R"(, "torch_dtype": "float8_e4m3fn")"};
    decoder.draw(1);
    decoder.write(folder());
    const auto made = readRandom(folder(), 1);
    ASSERT_FALSE(made);
    EXPECT_THAT(made.error().text(), HasSubstr("torch_dtype is float8_e4m3fn"));
}

}  // namespace
}  // namespace trimtab::formats::huggingface
