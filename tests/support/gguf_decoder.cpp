#include "tests/support/gguf_decoder.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/formats/gguf/names.h"
#include "core/formats/huggingface/families/llama.h"
#include "core/formats/huggingface/rotary.h"
#include "core/tensor/convert.h"
#include "tests/support/gguf_blocks.h"

namespace trimtab::support {
namespace {

using formats::gguf::BlockType;
using formats::huggingface::DecoderConfig;
using formats::huggingface::Piece;
using formats::huggingface::Rotary;
using formats::huggingface::RotaryScaling;
using formats::huggingface::Weights;

class Writer {
public:
    Writer(const DecoderConfig& config, Weights& weights, BlockType type)
        : m_config(config), m_weights(weights), m_type(type) {}

    Result<GgufFile> file() {
        m_architecture = m_config.architecture == "Qwen2ForCausalLM" ? "qwen2" : "llama";
        addMetadata();
        TRIMTAB_REQUIRE(matrix("model.embed_tokens", m_config.vocabulary, m_config.hidden, false));
        for (std::int64_t i = 0; i < m_config.layers; ++i) TRIMTAB_REQUIRE(addLayer(fmt::format("model.layers.{}.", i)));
        TRIMTAB_REQUIRE(vector("model.norm.weight", m_config.hidden));
        if (!m_config.tied) TRIMTAB_REQUIRE(matrix("lm_head", m_config.vocabulary, m_config.hidden, false));
        return std::move(m_file);
    }

private:
    void whole(std::string_view key, std::int64_t value) {
        m_file.whole(fmt::format("{}.{}", m_architecture, key), static_cast<std::uint32_t>(value));
    }
    void number(std::string_view key, double value) { m_file.number(fmt::format("{}.{}", m_architecture, key), static_cast<float>(value)); }

    void addMetadata() {
        m_file.text("general.architecture", m_architecture);
        m_file.text("general.name", "decoder");
        whole("block_count", m_config.layers);
        whole("context_length", m_config.positions);
        whole("embedding_length", m_config.hidden);
        whole("feed_forward_length", m_config.intermediate);
        whole("attention.head_count", m_config.heads);
        whole("attention.head_count_kv", m_config.kvHeads);
        whole("attention.key_length", m_config.headSize);
        whole("attention.value_length", m_config.headSize);
        whole("rope.dimension_count", m_config.headSize);
        whole("vocab_size", m_config.vocabulary);
        if (m_config.window) whole("attention.sliding_window", *m_config.window);
        number("attention.layer_norm_rms_epsilon", m_config.epsilon);
        number("rope.freq_base", m_config.rotary.theta);
        addScaling();
    }

    void addScaling() {
        if (m_config.rotary.scaling.kind == RotaryScaling::Kind::None) return;
        if (m_config.rotary.scaling.kind == RotaryScaling::Kind::Linear) {
            m_file.text(fmt::format("{}.rope.scaling.type", m_architecture), "linear");
            return number("rope.scaling.factor", m_config.rotary.scaling.factor);
        }
        Rotary plain = m_config.rotary;
        plain.scaling = {};
        const auto stretched = rotaryFrequencies(m_config.rotary), whole = rotaryFrequencies(plain);
        std::vector<float> factors;
        for (std::size_t i = 0; i < whole.size(); ++i) factors.push_back(static_cast<float>(whole[i] / stretched[i]));
        m_file.tensor("rope_freqs.weight", {factors.size()}, 0, encoded(factors, BlockType::F32));
    }

    Status addLayer(const std::string& at) {
        const std::int64_t queries = m_config.heads * m_config.headSize, keys = m_config.kvHeads * m_config.headSize;
        const std::int64_t hidden = m_config.hidden, wide = m_config.intermediate;
        TRIMTAB_REQUIRE(vector(at + "input_layernorm.weight", hidden));
        TRIMTAB_REQUIRE(matrix(at + "self_attn.q_proj", queries, hidden, m_config.inputBias));
        TRIMTAB_REQUIRE(matrix(at + "self_attn.k_proj", keys, hidden, m_config.inputBias));
        TRIMTAB_REQUIRE(matrix(at + "self_attn.v_proj", keys, hidden, m_config.inputBias));
        TRIMTAB_REQUIRE(matrix(at + "self_attn.o_proj", hidden, queries, m_config.outputBias));
        TRIMTAB_REQUIRE(vector(at + "post_attention_layernorm.weight", hidden));
        TRIMTAB_REQUIRE(matrix(at + "mlp.gate_proj", wide, hidden, m_config.gateBias));
        TRIMTAB_REQUIRE(matrix(at + "mlp.up_proj", wide, hidden, m_config.gateBias));
        return matrix(at + "mlp.down_proj", hidden, wide, m_config.gateBias);
    }

    Result<std::vector<float>> valuesOf(const std::string& name, const Shape& shape) {
        const Piece::Role role = name.ends_with(".bias") ? Piece::Role::Shift
                                 : shape.rank() == 1     ? Piece::Role::Scale
                                                         : Piece::Role::Product;
        TRIMTAB_TRY(const DataType type, m_weights.typeOf(name));
        TRIMTAB_TRY(const graph::Value value, m_weights.take({.tensor = name, .shape = shape, .role = role}, type));
        std::vector<float> values = tensor::toFloats(*value.constant);
        const bool isQuery = name.find(".q_proj.") != std::string::npos, isKey = name.find(".k_proj.") != std::string::npos;
        if (m_architecture != "llama" || (!isQuery && !isKey)) return values;
        const auto columns = values.size() / static_cast<std::size_t>(shape[0]);
        const auto half = m_config.headSize / 2;
        std::vector<float> paired(values.size());
        for (std::int64_t row = 0; row < shape[0]; ++row) {  // channel c of a head becomes 2c, and c + half becomes 2c + 1
            const std::int64_t head = row / m_config.headSize, channel = row % m_config.headSize;
            const std::int64_t to = head * m_config.headSize + channel % half * 2 + channel / half;
            std::copy_n(values.begin() + row * static_cast<std::int64_t>(columns), columns,
                        paired.begin() + to * static_cast<std::int64_t>(columns));
        }
        return paired;
    }

    Status vector(const std::string& name, std::int64_t length) {
        TRIMTAB_TRY(const auto values, valuesOf(name, Shape{length}));
        m_file.tensor(formats::gguf::storedName(name), {static_cast<std::uint64_t>(length)}, 0, encoded(values, BlockType::F32));
        return {};
    }
    Status matrix(const std::string& module, std::int64_t outputs, std::int64_t inputs, bool biased) {
        TRIMTAB_TRY(const auto values, valuesOf(module + ".weight", Shape{outputs, inputs}));
        const BlockType type = inputs % elementsOf(m_type) == 0 ? m_type : BlockType::Q8_0;
        if (inputs % elementsOf(type) != 0)
            return fail(ErrorCode::Refused, fmt::format("{} has rows of {}, no whole blocks of {}", module, inputs, name(type)));
        const std::vector<std::uint64_t> extents{static_cast<std::uint64_t>(inputs), static_cast<std::uint64_t>(outputs)};
        m_file.tensor(formats::gguf::storedName(module + ".weight"), extents, numberOf(type), encoded(values, type));
        return biased ? vector(module + ".bias", outputs) : Status();
    }

    const DecoderConfig& m_config;
    Weights& m_weights;
    BlockType m_type;
    std::string m_architecture;
    GgufFile m_file;
};

}  // namespace

Result<DecoderConfig> llamaKindConfig(const Json& config) {
    const std::string name = config["architectures"].at(0).get<std::string>();
    if (name == "LlamaForCausalLM") return formats::huggingface::llamaConfig(config);
    if (name == "MistralForCausalLM") return formats::huggingface::mistralConfig(config);
    if (name == "Qwen2ForCausalLM") return formats::huggingface::qwen2Config(config);
    return fail(ErrorCode::Unsupported, name + " is not written as GGUF");
}

Result<GgufFile> ggufOf(const DecoderConfig& config, Weights& weights, BlockType type) {
    return Writer(config, weights, type).file();
}

void addNoTokenizer(GgufFile& file) { file.text("tokenizer.ggml.model", "none"); }

Status addBytePairs(GgufFile& file, const Json& tokenizer, std::int64_t vocabulary, std::string_view pattern,
                    std::optional<std::uint32_t> end) {
    constexpr std::int32_t normal = 1, control = 3, userDefined = 4, unused = 5;
    const Json& model = tokenizer["model"];
    std::vector<std::string> tokens, merges;
    for (std::int64_t i = 0; i < vocabulary; ++i) tokens.push_back(fmt::format("[PAD{}]", i));
    std::vector<std::int32_t> kinds(tokens.size(), unused);
    const auto put = [&](std::size_t id, const std::string& token, std::int32_t kind) -> Status {
        if (id >= tokens.size()) return fail(ErrorCode::Refused, fmt::format("{} has the id {}", token, id));
        tokens[id] = token;
        kinds[id] = kind;
        return {};
    };
    for (const auto& [token, id] : model["vocab"].items()) TRIMTAB_REQUIRE(put(id.get<std::size_t>(), token, normal));
    for (const Json& added : tokenizer["added_tokens"])
        TRIMTAB_REQUIRE(put(added["id"].get<std::size_t>(), added["content"].get<std::string>(),
                            added["special"].get<bool>() ? control : userDefined));
    for (const Json& merge : model["merges"])
        merges.push_back(merge.is_array() ? merge[0].get<std::string>() + " " + merge[1].get<std::string>() : merge.get<std::string>());
    file.text("tokenizer.ggml.model", "gpt2");
    file.text("tokenizer.ggml.pre", pattern);
    file.texts("tokenizer.ggml.tokens", tokens);
    file.wholes("tokenizer.ggml.token_type", kinds);
    file.texts("tokenizer.ggml.merges", merges);
    if (end) file.whole("tokenizer.ggml.eos_token_id", *end);
    return {};
}

}  // namespace trimtab::support
