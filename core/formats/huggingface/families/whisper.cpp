// Whisper (Radford et al. 2022): two convolutions over log-mel frames, the second of which takes every other one, then an encoder and a
// decoder of layer norms in front of each part, positions from tables (the encoder's hold sinusoids), keys without bias, and a head that is
// the embedding.
// Inputs: input_features float32 [batch, mels, frames], decoder_input_ids int64 [batch, decoder_sequence].
// Output: logits [batch, decoder_sequence, vocabulary], of the weights' type.
#include <fmt/format.h>

#include <cmath>

#include "core/formats/huggingface/activation.h"
#include "core/formats/huggingface/config_fields.h"
#include "core/formats/huggingface/families/families.h"
#include "core/formats/huggingface/head_attention.h"
#include "core/formats/huggingface/norms.h"

namespace trimtab::formats::huggingface {
namespace {

using graph::Dim;
using graph::kNoValue;
using graph::ValueId;

constexpr const char* kArchitecture = "WhisperForConditionalGeneration";
constexpr const char* kEmbedding = "model.decoder.embed_tokens.weight";
constexpr float kEpsilon = 1e-5F;  // of torch's LayerNorm

struct Stack {
    std::string module;
    std::int64_t layers = 0, heads = 0, intermediate = 0, positions = 0;
};

struct WhisperConfig {
    Stack encoder{.module = "model.encoder"}, decoder{.module = "model.decoder"};
    std::int64_t mels = 0, hidden = 0, vocabulary = 0;
    Activation activation = Activation::Gelu;
    bool isTied = true;
};

class Whisper {
public:
    Whisper(const WhisperConfig& config, Weights& weights) : m_config(config), m_builder(kArchitecture, weights) {}

    Result<Graph> build() {
        TRIMTAB_REQUIRE(m_builder.begin(kEmbedding));
        const ValueId features = m_builder.input("input_features", DataType::Float32,
                                                 {Dim::named("batch"), Dim::known(m_config.mels), Dim::named("frames")});
        const ValueId ids = m_builder.input("decoder_input_ids", "decoder_sequence");
        TRIMTAB_TRY(const ValueId source, encoded(m_builder.cast("/input_features/Cast", features, DataType::Float32, m_builder.type())));
        TRIMTAB_TRY(const ValueId x, decoded(ids, source));
        const Piece piece{.tensor = m_config.isTied ? kEmbedding : "proj_out.weight",
                          .shape = Shape{m_config.vocabulary, m_config.hidden},
                          .called = "proj_out.weight",
                          .isTurned = true};
        TRIMTAB_TRY(const ValueId logits, m_builder.product("/proj_out", x, piece, nullptr));
        m_builder.graph().value(logits).name = "logits";
        return m_builder.finish({logits});
    }

private:
    Result<ValueId> normed(const std::string& module, ValueId x) {
        TRIMTAB_TRY(const LayerNorm norm, layerNorm(m_builder, module, m_config.hidden, kEpsilon));
        return normalized(m_builder, norm, x);
    }

    /// x [batch, channels, frames]; three frames wide, with a frame of zeros at either end.
    Result<ValueId> convolved(const std::string& module, ValueId x, std::int64_t channels, std::int64_t stride) {
        constexpr std::int64_t width = 3;
        const std::string place = placeOf(module);
        TRIMTAB_TRY(const ValueId weight,
                    m_builder.weight({.tensor = module + ".weight", .shape = Shape{m_config.hidden, channels, width}}));
        TRIMTAB_TRY(const ValueId bias,
                    m_builder.weight({.tensor = module + ".bias", .shape = Shape{m_config.hidden}, .role = Piece::Role::Shift}));
        using List = std::vector<std::int64_t>;
        const ValueId made = m_builder.node(place + "/Conv", "Conv", {x, weight, bias},
                                            {{"kernel_shape", List{width}}, {"pads", List{1, 1}}, {"strides", List{stride}}});
        return activate(m_builder, place + "/act", Activation::Gelu, made);
    }

    /// x [batch, tokens, hidden] and the rows of the stack's table.
    Result<ValueId> placed(const Stack& stack, ValueId x, ValueId places) {
        const std::string module = stack.module + ".embed_positions", place = placeOf(module);
        const Piece rows{.tensor = module + ".weight", .shape = Shape{stack.positions, m_config.hidden}};
        TRIMTAB_TRY(const ValueId table, m_builder.weight(rows));
        return m_builder.node(place + "/Add", "Add", {x, m_builder.node(place + "/Gather", "Gather", {table, places})});
    }

    Result<ValueId> heads(const std::string& module, ValueId x, const Stack& stack, bool biased, bool isTurned) {
        TRIMTAB_TRY(const ValueId made, m_builder.product(module, x, m_config.hidden, m_config.hidden, biased));
        return headsOf(m_builder, module, made, stack.heads, m_config.hidden / stack.heads, isTurned);
    }

    /// A layer's part that reads `source`, or itself where there is none.
    Result<ValueId> attending(const std::string& module, const Stack& stack, ValueId x, ValueId source, ValueId bias) {
        TRIMTAB_TRY(const ValueId n, normed(module + "_layer_norm", x));
        const ValueId read = source == kNoValue ? n : source;
        HeadAttention attention{.bias = bias, .divisor = std::sqrt(static_cast<double>(m_config.hidden / stack.heads))};
        TRIMTAB_TRY(attention.query, heads(module + ".q_proj", n, stack, true, false));
        TRIMTAB_TRY(attention.key, heads(module + ".k_proj", read, stack, false, true));
        TRIMTAB_TRY(attention.value, heads(module + ".v_proj", read, stack, true, false));
        TRIMTAB_TRY(const ValueId mixed, attended(m_builder, module, attention, m_config.hidden));
        TRIMTAB_TRY(const ValueId made, m_builder.product(module + ".out_proj", mixed, m_config.hidden, m_config.hidden, true));
        return m_builder.node(placeOf(module) + "/Residual", "Add", {x, made});
    }

    Result<ValueId> fedForward(const std::string& layer, const Stack& stack, ValueId x) {
        TRIMTAB_TRY(const ValueId n, normed(layer + ".final_layer_norm", x));
        TRIMTAB_TRY(const ValueId wide, m_builder.product(layer + ".fc1", n, stack.intermediate, m_config.hidden, true));
        TRIMTAB_TRY(const ValueId active, activate(m_builder, placeOf(layer) + "/activation_fn", m_config.activation, wide));
        TRIMTAB_TRY(const ValueId made, m_builder.product(layer + ".fc2", active, m_config.hidden, stack.intermediate, true));
        return m_builder.node(placeOf(layer) + "/Add", "Add", {x, made});
    }

    Result<ValueId> encoded(ValueId features) {
        const Stack& stack = m_config.encoder;
        TRIMTAB_TRY(ValueId x, convolved(stack.module + ".conv1", features, m_config.mels, 1));
        TRIMTAB_TRY(x, convolved(stack.module + ".conv2", x, m_config.hidden, 2));
        x = m_builder.node(placeOf(stack.module) + "/Transpose", "Transpose", {x}, {{"perm", std::vector<std::int64_t>{0, 2, 1}}});
        TRIMTAB_TRY(x, placed(stack, x, m_builder.positions(x, "/encoder/positions")));
        for (std::int64_t i = 0; i < stack.layers; ++i) {
            const std::string layer = fmt::format("{}.layers.{}", stack.module, i);
            TRIMTAB_TRY(x, attending(layer + ".self_attn", stack, x, kNoValue, kNoValue));
            TRIMTAB_TRY(x, fedForward(layer, stack, x));
        }
        return normed(stack.module + ".layer_norm", x);
    }

    Result<ValueId> decoded(ValueId ids, ValueId source) {
        const Stack& stack = m_config.decoder;
        TRIMTAB_TRY(const ValueId words, m_builder.weight({.tensor = kEmbedding, .shape = Shape{m_config.vocabulary, m_config.hidden}}));
        const ValueId places = m_builder.positions(ids, "/decoder/positions");
        TRIMTAB_TRY(ValueId x, placed(stack, m_builder.node("/model/decoder/embed_tokens/Gather", "Gather", {words, ids}), places));
        TRIMTAB_TRY(const ValueId nothing, m_builder.number("causal.nothing", 0));
        TRIMTAB_TRY(const ValueId bias, causalBias(m_builder, "/decoder/causal", places, nothing));
        for (std::int64_t i = 0; i < stack.layers; ++i) {
            const std::string layer = fmt::format("{}.layers.{}", stack.module, i);
            TRIMTAB_TRY(x, attending(layer + ".self_attn", stack, x, kNoValue, bias));
            TRIMTAB_TRY(x, attending(layer + ".encoder_attn", stack, x, source, kNoValue));
            TRIMTAB_TRY(x, fedForward(layer, stack, x));
        }
        return normed(stack.module + ".layer_norm", x);
    }

    const WhisperConfig& m_config;
    GraphBuilder m_builder;
};

Status readStack(const Json& json, const std::string& word, const std::string& side, std::int64_t positions, std::int64_t hidden,
                 Stack& stack) {
    const std::string heads = word + "_attention_heads";
    TRIMTAB_TRY(stack.layers, extentAt(json, word + "_layers", kMostLayers, 4));
    TRIMTAB_TRY(stack.heads, extentAt(json, heads, kLargestExtent, 6));
    TRIMTAB_TRY(stack.intermediate, extentAt(json, word + "_ffn_dim", kLargestExtent, 1536));
    TRIMTAB_TRY(stack.positions, extentAt(json, "max_" + side + "_positions", kLargestExtent, positions));
    if (hidden % stack.heads != 0)
        return fail(ErrorCode::Refused, fmt::format("d_model ({}) is no multiple of {} ({})", hidden, heads, stack.heads));
    return {};
}

/// WhisperConfig's words, with its defaults.
Result<WhisperConfig> configOf(const Json& json) {
    WhisperConfig config;
    TRIMTAB_TRY(config.mels, extentAt(json, "num_mel_bins", kLargestExtent, 80));
    TRIMTAB_TRY(config.hidden, extentAt(json, "d_model", kLargestExtent, 384));
    TRIMTAB_TRY(config.vocabulary, extentAt(json, "vocab_size", kLargestExtent, 51865));
    TRIMTAB_REQUIRE(readStack(json, "encoder", "source", 1500, config.hidden, config.encoder));
    TRIMTAB_REQUIRE(readStack(json, "decoder", "target", 448, config.hidden, config.decoder));
    TRIMTAB_TRY(config.activation, activationAt(json, "activation_function", Activation::Gelu));
    TRIMTAB_TRY(config.isTied, base::booleanAt(json, "tie_word_embeddings", true));
    TRIMTAB_TRY(const bool isScaled, base::booleanAt(json, "scale_embedding", false));
    if (isScaled) return fail(ErrorCode::Unsupported, "scale_embedding is not read yet");
    return config;
}

}  // namespace

Result<Architecture> whisper(const Json& json) {
    TRIMTAB_TRY(const WhisperConfig config, configOf(json));
    return Architecture{.graph = [config](Weights& weights) { return Whisper(config, weights).build(); },
                        .isSpare = [isTied = config.isTied](const std::string& tensor) { return isTied && tensor == "proj_out.weight"; }};
}

}  // namespace trimtab::formats::huggingface
