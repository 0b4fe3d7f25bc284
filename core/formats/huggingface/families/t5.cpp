// T5 (Raffel et al. 2020) with the changes of its version 1.1 and of Flan: an encoder and a decoder of norms without mean in front of each
// part, attention without scale or bias whose scores know distances alone (relative_positions.h; a stack's first layer has the table of
// all), and plain or gated units. A head that is the embedding reads d_model^-½ times the last norm, one of its own reads it as it is.
// Inputs int64: input_ids and attention_mask (1: seen) [batch, sequence], decoder_input_ids [batch, decoder_sequence].
// Output: logits [batch, decoder_sequence, vocabulary], of the weights' type.
#include <fmt/format.h>

#include <cmath>

#include "core/formats/huggingface/activation.h"
#include "core/formats/huggingface/config_fields.h"
#include "core/formats/huggingface/families/families.h"
#include "core/formats/huggingface/head_attention.h"
#include "core/formats/huggingface/norms.h"
#include "core/formats/huggingface/relative_positions.h"

namespace trimtab::formats::huggingface {
namespace {

using graph::kNoValue;
using graph::ValueId;

constexpr const char* kArchitecture = "T5ForConditionalGeneration";
constexpr const char* kEmbedding = "shared.weight";
constexpr std::int64_t kFarthest = 1 << 16;

struct T5Config {
    std::int64_t encoderLayers = 0, decoderLayers = 0, hidden = 0, heads = 0, headSize = 0, intermediate = 0, vocabulary = 0;
    RelativePositions positions;
    float epsilon = 1e-6F;
    Activation activation = Activation::Relu;
    bool isGated = false, isTied = true;
};

class T5 {
public:
    T5(const T5Config& config, Weights& weights) : m_config(config), m_builder(kArchitecture, weights) {}

    Result<Graph> build() {
        TRIMTAB_REQUIRE(m_builder.begin(kEmbedding));
        const ValueId ids = m_builder.input("input_ids"), mask = m_builder.input("attention_mask");
        const ValueId written = m_builder.input("decoder_input_ids", "decoder_sequence");
        TRIMTAB_TRY(m_words, m_builder.weight({.tensor = kEmbedding, .shape = Shape{m_config.vocabulary, m_config.hidden}}));
        TRIMTAB_TRY(const ValueId seen, maskBias(m_builder, mask));
        TRIMTAB_TRY(const ValueId source, encoded(ids, seen));
        TRIMTAB_TRY(const ValueId x, decoded(written, source, seen));
        TRIMTAB_TRY(const ValueId logits, head(x));
        m_builder.graph().value(logits).name = "logits";
        return m_builder.finish({logits});
    }

private:
    std::int64_t width() const { return m_config.heads * m_config.headSize; }

    Result<ValueId> normed(const std::string& module, ValueId x) {
        RmsNorm norm{.module = module, .epsilon = m_config.epsilon};
        const Piece scale{.tensor = module + ".weight", .shape = Shape{m_config.hidden}, .role = Piece::Role::Scale};
        TRIMTAB_TRY(norm.scale, m_builder.weight(scale));
        return normalized(m_builder, norm, x);
    }
    ValueId sum(const std::string& layer, ValueId x, ValueId made) { return m_builder.node(placeOf(layer) + "/Add", "Add", {x, made}); }

    Result<ValueId> heads(const std::string& module, ValueId x, bool isTurned) {
        TRIMTAB_TRY(const ValueId made, m_builder.product(module, x, width(), m_config.hidden, false));
        return headsOf(m_builder, module, made, m_config.heads, m_config.headSize, isTurned);
    }

    /// A layer's part that reads `source`, or itself where there is none.
    Result<ValueId> attending(const std::string& layer, const std::string& word, ValueId x, ValueId source, ValueId bias) {
        const std::string module = layer + "." + word;
        TRIMTAB_TRY(const ValueId n, normed(layer + ".layer_norm", x));
        const ValueId read = source == kNoValue ? n : source;
        HeadAttention attention{.bias = bias};
        TRIMTAB_TRY(attention.query, heads(module + ".q", n, false));
        TRIMTAB_TRY(attention.key, heads(module + ".k", read, true));
        TRIMTAB_TRY(attention.value, heads(module + ".v", read, false));
        TRIMTAB_TRY(const ValueId mixed, attended(m_builder, module, attention, width()));
        TRIMTAB_TRY(const ValueId made, m_builder.product(module + ".o", mixed, m_config.hidden, width(), false));
        return sum(layer, x, made);
    }

    Result<ValueId> fedForward(const std::string& layer, ValueId x) {
        const std::string module = layer + ".DenseReluDense";
        const std::int64_t wide = m_config.intermediate, hidden = m_config.hidden;
        TRIMTAB_TRY(const ValueId n, normed(layer + ".layer_norm", x));
        TRIMTAB_TRY(ValueId inner, m_builder.product(module + (m_config.isGated ? ".wi_0" : ".wi"), n, wide, hidden, false));
        if (m_config.isGated) {
            TRIMTAB_TRY(const ValueId up, m_builder.product(module + ".wi_1", n, wide, hidden, false));
            TRIMTAB_TRY(inner, gated(m_builder, placeOf(module), m_config.activation, inner, up));
        } else {
            TRIMTAB_TRY(inner, activate(m_builder, placeOf(module) + "/act", m_config.activation, inner));
        }
        TRIMTAB_TRY(const ValueId made, m_builder.product(module + ".wo", inner, hidden, wide, false));
        return sum(layer, x, made);
    }

    ValueId embedded(const std::string& stack, ValueId ids) {
        return m_builder.node("/" + stack + "/embed_tokens/Gather", "Gather", {m_words, ids});
    }
    Result<ValueId> distances(const std::string& stack, ValueId places, bool bothWays) {
        RelativePositions positions = m_config.positions;
        positions.bothWays = bothWays;
        return positionBias(m_builder, stack + ".block.0.layer.0.SelfAttention.relative_attention_bias", positions, places);
    }

    Result<ValueId> encoded(ValueId ids, ValueId seen) {
        ValueId x = embedded("encoder", ids);
        TRIMTAB_TRY(const ValueId near, distances("encoder", m_builder.positions(ids, "/encoder/positions"), true));
        const ValueId bias = m_builder.node("/encoder/bias/Add", "Add", {near, seen});
        for (std::int64_t i = 0; i < m_config.encoderLayers; ++i) {
            const std::string block = fmt::format("encoder.block.{}.layer.", i);
            TRIMTAB_TRY(x, attending(block + "0", "SelfAttention", x, kNoValue, bias));
            TRIMTAB_TRY(x, fedForward(block + "1", x));
        }
        return normed("encoder.final_layer_norm", x);
    }

    Result<ValueId> decoded(ValueId ids, ValueId source, ValueId seen) {
        ValueId x = embedded("decoder", ids);
        const ValueId places = m_builder.positions(ids, "/decoder/positions");
        TRIMTAB_TRY(const ValueId near, distances("decoder", places, false));
        TRIMTAB_TRY(const ValueId bias, causalBias(m_builder, "/decoder/causal", places, near));
        for (std::int64_t i = 0; i < m_config.decoderLayers; ++i) {
            const std::string block = fmt::format("decoder.block.{}.layer.", i);
            TRIMTAB_TRY(x, attending(block + "0", "SelfAttention", x, kNoValue, bias));
            TRIMTAB_TRY(x, attending(block + "1", "EncDecAttention", x, source, seen));
            TRIMTAB_TRY(x, fedForward(block + "2", x));
        }
        return normed("decoder.final_layer_norm", x);
    }

    Result<ValueId> head(ValueId x) {
        const Piece piece{.tensor = m_config.isTied ? kEmbedding : "lm_head.weight",
                          .shape = Shape{m_config.vocabulary, m_config.hidden},
                          .called = "lm_head.weight",
                          .isTurned = true};
        if (m_config.isTied) {
            TRIMTAB_TRY(const ValueId scale, m_builder.number("lm_head.scale", 1 / std::sqrt(static_cast<double>(m_config.hidden))));
            x = m_builder.node("/lm_head/Mul", "Mul", {x, scale});
        }
        return m_builder.product("/lm_head", x, piece, nullptr);
    }

    const T5Config& m_config;
    GraphBuilder m_builder;
    ValueId m_words = kNoValue;
};

/// "relu", "gated-gelu": a function, and whether its unit is gated. The gelu of a gated unit is the tanh form, as T5Config has it.
Status readUnit(const Json& json, T5Config& config) {
    TRIMTAB_TRY(const std::string word, base::stringAt(json, "feed_forward_proj", "relu"));
    constexpr std::string_view gated = "gated-";
    config.isGated = word.starts_with(gated);
    std::string function = config.isGated ? word.substr(gated.size()) : word;
    if (config.isGated && function == "gelu") function = "gelu_new";
    TRIMTAB_TRY(config.activation, activationAt(Json{{"feed_forward_proj", function}}, "feed_forward_proj", Activation::Relu));
    return {};
}

/// T5Config's words, with its defaults.
Result<T5Config> configOf(const Json& json) {
    T5Config config;
    TRIMTAB_TRY(config.encoderLayers, extentAt(json, "num_layers", kMostLayers, 6));
    TRIMTAB_TRY(config.decoderLayers, extentAt(json, "num_decoder_layers", kMostLayers, config.encoderLayers));
    TRIMTAB_TRY(config.hidden, extentAt(json, "d_model", kLargestExtent, 512));
    TRIMTAB_TRY(config.heads, extentAt(json, "num_heads", kLargestExtent, 8));
    TRIMTAB_TRY(config.headSize, extentAt(json, "d_kv", kLargestExtent, 64));
    TRIMTAB_TRY(config.intermediate, extentAt(json, "d_ff", kLargestExtent, 2048));
    TRIMTAB_TRY(config.vocabulary, extentAt(json, "vocab_size", kLargestExtent, 32128));
    TRIMTAB_TRY(config.positions.buckets, extentAt(json, "relative_attention_num_buckets", kFarthest, 32));
    TRIMTAB_TRY(config.positions.farthest, extentAt(json, "relative_attention_max_distance", kFarthest, 128));
    config.positions.heads = config.heads;
    for (const bool bothWays : {true, false}) {
        config.positions.bothWays = bothWays;
        TRIMTAB_REQUIRE(check(config.positions));
    }
    TRIMTAB_TRY(const double epsilon, positiveAt(json, "layer_norm_epsilon", 1e-6));
    config.epsilon = static_cast<float>(epsilon);
    TRIMTAB_TRY(config.isTied, base::booleanAt(json, "tie_word_embeddings", true));
    TRIMTAB_REQUIRE(readUnit(json, config));
    return config;
}

}  // namespace

Result<Architecture> t5(const Json& json) {
    TRIMTAB_TRY(const T5Config config, configOf(json));
    return Architecture{.graph = [config](Weights& weights) { return T5(config, weights).build(); },
                        .isSpare =
                            [isTied = config.isTied](const std::string& tensor) {
                                // A table of distances between the stacks, which older versions kept and nothing reads.
                                return tensor.ends_with(".embed_tokens.weight") || (isTied && tensor == "lm_head.weight") ||
                                       tensor.ends_with("EncDecAttention.relative_attention_bias.weight");
                            }};
}

}  // namespace trimtab::formats::huggingface
