// Models written as GGUF, against the plain statement of their architecture (tests/core/formats/huggingface/small_decoder.h).
#include "core/formats/gguf/model.h"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/formats/gguf/blocks.h"
#include "core/formats/gguf/decoder_config.h"
#include "core/formats/gguf/names.h"
#include "core/formats/huggingface/folder.h"
#include "core/formats/huggingface/rotary.h"
#include "core/formats/model_file.h"
#include "core/formats/safetensors/checkpoint.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"
#include "kernels/ref/graph_run.h"
#include "tests/core/formats/huggingface/small_decoder.h"
#include "tests/support/gguf_blocks.h"
#include "tests/support/gguf_decoder.h"

namespace trimtab::formats::gguf {
namespace {

using huggingface::SmallDecoder;
using support::GgufFile;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::int64_t> kIds{3, 0, 17, 17, 5, 30, 9};

class GgufModels : public testing::Test {
protected:
    const std::filesystem::path& folder() const { return m_folder.path(); }
    std::filesystem::path file() const { return folder() / "model.gguf"; }

    huggingface::DecoderConfig configOf(const SmallDecoder& decoder) const {
        return support::llamaKindConfig(base::parseJson(decoder.config(), "config").value()).value();
    }
    GgufFile gguf(const SmallDecoder& decoder, BlockType type) const {
        decoder.write(folder());
        const auto checkpoint = safetensors::readCheckpoint(folder());
        EXPECT_TRUE(checkpoint);
        huggingface::CheckpointWeights weights(*checkpoint, true);
        auto made = support::ggufOf(configOf(decoder), weights, type);
        EXPECT_TRUE(made) << made.error().text();
        return std::move(*made);
    }
    void write(const SmallDecoder& decoder, BlockType type) const { ASSERT_TRUE(gguf(decoder, type).write(file())); }
    std::string refusal(const GgufFile& made) const {
        EXPECT_TRUE(made.write(file()));
        const auto model = readModel(file());
        return model ? "was read" : model.error().text();
    }

    static std::vector<float> answers(Graph graph) {
        EXPECT_TRUE(graph::inferShapes(graph));
        const auto outputs = ref::evaluateGraph(graph, {Tensor::fromInt64s(Shape{1, static_cast<std::int64_t>(kIds.size())}, kIds)});
        EXPECT_TRUE(outputs) << outputs.error().text();
        return outputs ? tensor::toFloats(std::get<Tensor>(outputs->at(0))) : std::vector<float>();
    }
    static void expectNear(const std::vector<float>& got, const std::vector<double>& wanted, double relative) {
        ASSERT_EQ(got.size(), wanted.size());
        double largest = 0;
        for (const double value : wanted) largest = std::max(largest, std::abs(value));
        for (std::size_t i = 0; i < wanted.size(); ++i) ASSERT_NEAR(got[i], wanted[i], relative * largest) << i;
    }

    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("gguf");
};

TEST_F(GgufModels, AnswerAsTheFolderThatTheyWereMadeFrom) {
    SmallDecoder llama;
    SmallDecoder biased{.tied = true, .inputBias = true, .outputBias = true, .gateBias = true};
    biased.moreConfig = R"(, "attention_bias": true, "mlp_bias": true)";
    SmallDecoder mistral{.architecture = "MistralForCausalLM", .headSize = 10, .window = 3};
    mistral.moreConfig = R"(, "sliding_window": 3)";
    SmallDecoder qwen{.architecture = "Qwen2ForCausalLM", .kvHeads = 1, .theta = 1e6, .inputBias = true};
    std::uint64_t seed = 0;
    for (SmallDecoder* decoder : {&llama, &biased, &mistral, &qwen}) {
        SCOPED_TRACE(decoder->architecture);
        decoder->draw(++seed);
        write(*decoder, BlockType::F32);
        const auto model = readModel(file());
        ASSERT_TRUE(model) << model.error().text();
        EXPECT_THAT(model->problems, IsEmpty());
        const auto got = answers(model->graph);
        expectNear(got, decoder->logits(kIds), 2e-6);
        EXPECT_EQ(got, answers(huggingface::read(folder())->graph)) << "the same graph of the same numbers";
    }
}

TEST_F(GgufModels, Of16BitsAnswerAsTheFolderOfThatType) {
    SmallDecoder decoder;
    decoder.draw(1);
    for (const BlockType type : {BlockType::F16, BlockType::BF16}) {
        SCOPED_TRACE(name(type));
        write(decoder, type);
        const auto model = readModel(file());
        ASSERT_TRUE(model) << model.error().text();
        const DataType stored = *plainType(type);
        EXPECT_THAT(model->problems, ElementsAre(HasSubstr("5 vectors are rounded to " + std::string(tensor::name(stored)))));
        const auto embedding = model->graph.value(model->graph.find("model.embed_tokens.weight")).constant;
        ASSERT_TRUE(embedding);
        EXPECT_EQ(embedding->type(), stored);
        expectNear(answers(model->graph), decoder.logits(kIds), type == BlockType::F16 ? 4e-3 : 3e-2);
    }
}

/// The decoder with the numbers that its matrices become.
SmallDecoder through(SmallDecoder decoder, BlockType type) {
    for (auto& [name, values] : decoder.tensors) {
        const auto& shape = decoder.shapes.at(name);
        if (shape.size() != 2) continue;
        const std::string bytes = support::encoded(values, type);
        values = tensor::toFloats(*valuesOf({type, Shape{shape[0], shape[1]}, std::as_bytes(std::span(bytes))}));
    }
    return decoder;
}

TEST_F(GgufModels, OfCodesAnswerAsTheDecodedNumbersDo) {
    for (const bool tied : {false, true}) {
        SmallDecoder decoder{.hidden = 256, .heads = 4, .kvHeads = 2, .headSize = 64, .intermediate = 512, .tied = tied};
        decoder.draw(5);
        for (const BlockType type : {BlockType::Q8_0, BlockType::Q4_0, BlockType::Q4_K, BlockType::Q6_K}) {
            SCOPED_TRACE(name(type));
            write(decoder, type);
            const auto model = readModel(file());
            ASSERT_TRUE(model) << model.error().text();
            expectNear(answers(model->graph), through(decoder, type).logits(kIds), 1e-5);
            const auto& down = model->graph.value(model->graph.find("model.layers.1.mlp.down_proj.weight"));
            const auto& head = model->graph.value(model->graph.find("lm_head.weight"));
            EXPECT_EQ(down.quantized != nullptr, isOfCodes(type));
            EXPECT_EQ(head.quantized != nullptr, isOfCodes(type)) << "tied or not";
            EXPECT_EQ(down.constant.has_value(), !isOfCodes(type));
        }
    }
}

TEST_F(GgufModels, SayWhatIsNotComputedWithAsItIsStored) {
    SmallDecoder decoder{.hidden = 256, .heads = 4, .kvHeads = 2, .headSize = 64, .intermediate = 256};
    decoder.draw(5);
    write(decoder, BlockType::Q4_K);
    EXPECT_THAT(readModel(file())->problems,
                ElementsAre(HasSubstr("15 matrices of Q4_K are decoded to float32"), HasSubstr("token_embd.weight (Q4_K) are decoded")));
    write(decoder, BlockType::Q6_K);
    EXPECT_THAT(readModel(file())->problems,
                ElementsAre(HasSubstr("15 matrices of Q6_K are held as codes of eight bits"), HasSubstr("(Q6_K)")));
    write(decoder, BlockType::Q8_0);
    EXPECT_THAT(readModel(file())->problems, ElementsAre(HasSubstr("the rows that tokens pick from token_embd.weight (Q8_0) are decoded")));
    GgufFile more = gguf(decoder, BlockType::F32);
    more.tensor("blk.0.attn_q_norm.weight", {1}, 0, "1234");
    ASSERT_TRUE(more.write(file()));
    EXPECT_THAT(readModel(file())->problems, ElementsAre("blk.0.attn_q_norm.weight has no place in a llama"));
}

TEST_F(GgufModels, WithoutReadingWeightsHaveTheSameTypesAndBytes) {
    SmallDecoder decoder{.hidden = 64, .heads = 4, .kvHeads = 2, .headSize = 16, .intermediate = 96};
    decoder.draw(1);
    for (const BlockType type : {BlockType::F16, BlockType::Q4_0}) {
        write(decoder, type);
        const auto whole = readModel(file()), bare = readModel(file(), false);
        ASSERT_TRUE(whole && bare);
        EXPECT_EQ(whole->problems, bare->problems);
        ASSERT_EQ(whole->graph.values.size(), bare->graph.values.size());
        for (std::size_t i = 0; i < whole->graph.values.size(); ++i) {
            const auto &read = whole->graph.values[i], &unread = bare->graph.values[i];
            EXPECT_EQ(read.type.text(), unread.type.text());
            EXPECT_EQ(read.quantized != nullptr, unread.quantized != nullptr);
            if (read.quantized) {
                EXPECT_EQ(read.quantized->storedBytes(), unread.quantized->storedBytes());
            }
        }
    }
}

TEST_F(GgufModels, StretchRotaryPositionsAsTheirFactorsSay) {
    SmallDecoder decoder{.headSize = 8};
    decoder.moreConfig = R"(, "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
 "original_max_position_embeddings": 64})";
    decoder.draw(1);
    write(decoder, BlockType::F32);
    auto config = decoderConfigOf(*read(file()));
    ASSERT_TRUE(config) << config.error().text();
    const auto got = huggingface::rotaryFrequencies(config->rotary), wanted = huggingface::rotaryFrequencies(configOf(decoder).rotary);
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-7 * wanted[i]);
    EXPECT_THAT(readModel(file())->problems, IsEmpty()) << "the factors have their place";
    decoder.moreConfig = R"(, "rope_scaling": {"rope_type": "linear", "factor": 4})";
    write(decoder, BlockType::F32);
    config = decoderConfigOf(*read(file()));
    ASSERT_TRUE(config);
    EXPECT_EQ(config->rotary.scaling.kind, huggingface::RotaryScaling::Kind::Linear);
    EXPECT_EQ(config->rotary.scaling.factor, 4);
}

TEST_F(GgufModels, AreRefusedByTheKeyThatIsWrong) {
    SmallDecoder decoder;
    decoder.draw(1);
    const auto with = [&](const auto& change) {
        GgufFile made = gguf(decoder, BlockType::F32);
        change(made);
        return refusal(made);
    };
    EXPECT_THAT(with([](GgufFile& f) { f.text("llama.rope.scaling.type", "yarn"); }), HasSubstr("llama.rope.scaling.type is yarn"));
    EXPECT_THAT(with([](GgufFile& f) { f.number("llama.rope.scaling.factor", 0.5F); }), HasSubstr("factor must be at least 1"));
    EXPECT_THAT(with([](GgufFile& f) { f.whole("llama.expert_count", 8); }), HasSubstr("has 8 experts"));
    EXPECT_THAT(with([](GgufFile& f) { f.whole("split.count", 3); }), HasSubstr("one of 3 parts"));
    EXPECT_THAT(with([](GgufFile& f) { f.tensor("rope_freqs.weight", {2}, 0, "12345678"); }), HasSubstr("3 positive numbers"));
    EXPECT_THAT(with([](GgufFile& f) { f.tensor("blk.0.attn_q.bias", {24}, 0, std::string(96, '\0')); }),
                HasSubstr("has no tensor blk.0.attn_k.bias"));
    GgufFile other;
    other.text("general.architecture", "mamba");
    EXPECT_THAT(refusal(other), HasSubstr("general.architecture is mamba, which is not read yet"));
    EXPECT_THAT(refusal(GgufFile()), HasSubstr("has no general.architecture"));
    decoder.kvHeads = 3;
    decoder.draw(1);
    GgufFile bare;
    bare.text("general.architecture", "llama");
    EXPECT_THAT(refusal(bare), HasSubstr("has no llama.embedding_length"));
}

TEST_F(GgufModels, OpenWhereverAModelDoes) {
    SmallDecoder decoder;
    decoder.draw(1);
    GgufFile made = gguf(decoder, BlockType::F32);
    made.whole("tokenizer.ggml.eos_token_id", 2);
    made.whole("tokenizer.ggml.eot_token_id", 5);
    made.whole("tokenizer.ggml.eom_token_id", 2);
    ASSERT_TRUE(made.write(file()));
    const auto model = formats::readModel(file());
    ASSERT_TRUE(model) << model.error().text();
    EXPECT_EQ(model->format, "GGUF");
    EXPECT_EQ(model->fileBytes, static_cast<std::int64_t>(std::filesystem::file_size(file())));
    EXPECT_THAT(formats::endTokens(file()).value(), ElementsAre(2, 5));
    EXPECT_THAT(formats::filesOf(file()), ElementsAre(file()));
    const auto hash = formats::modelHash(file()).value();
    std::filesystem::copy_file(file(), folder() / "blob");
    EXPECT_EQ(formats::readModel(folder() / "blob")->format, "GGUF") << "by its content";
    EXPECT_EQ(formats::modelHash(folder() / "blob").value(), hash);
    std::filesystem::resize_file(file(), 2);
    EXPECT_THAT(formats::readModel(file()).error().text(), HasSubstr("is no GGUF file"));
}

TEST(PairedRows, AreTheConvertersReshapeAndSwap) {
    // weights.reshape(heads, 2, headSize / 2, …).swapaxes(1, 2): pair i of a head is rows 2i and 2i + 1.
    const int heads = 3, headSize = 10;
    const auto rows = pairedRows(heads, headSize);
    for (int head = 0; head < heads; ++head)
        for (int part = 0; part < 2; ++part)
            for (int i = 0; i < headSize / 2; ++i)
                EXPECT_EQ(rows[static_cast<std::size_t>(head * headSize + part * headSize / 2 + i)], head * headSize + i * 2 + part);
}

TEST(StoredNames, AreLlamaCpps) {
    EXPECT_EQ(storedName("model.embed_tokens.weight"), "token_embd.weight");
    EXPECT_EQ(storedName("model.norm.weight"), "output_norm.weight");
    EXPECT_EQ(storedName("lm_head.weight"), "output.weight");
    EXPECT_EQ(storedName("model.layers.17.self_attn.o_proj.bias"), "blk.17.attn_output.bias");
    EXPECT_EQ(storedName("model.layers.0.post_attention_layernorm.weight"), "blk.0.ffn_norm.weight");
    for (const char* other : {"", "weight", "model.layers.0.weight", "model.layers.", "input_ids", "model.layers.0.self_attn.rotary_emb.x"})
        EXPECT_EQ(storedName(other), "") << other;
}

}  // namespace
}  // namespace trimtab::formats::gguf
