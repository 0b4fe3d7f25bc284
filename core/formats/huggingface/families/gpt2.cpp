// GPT-2 (Radford et al. 2019): learned positions, layer norms in front of each half, Conv1D products, whose weights stand as
// [inputs, outputs], one of them for queries, keys and values, and a head that is the embedding once more.
// Input: input_ids int64 [batch, sequence]. Output: logits [batch, sequence, vocabulary], of the weights' type.
#include <fmt/format.h>

#include <cmath>

#include "core/formats/huggingface/activation.h"
#include "core/formats/huggingface/causal_attention.h"
#include "core/formats/huggingface/config_fields.h"
#include "core/formats/huggingface/families/families.h"
#include "core/formats/huggingface/norms.h"

namespace trimtab::formats::huggingface {
namespace {

using graph::ValueId;

struct Gpt2Config {
    std::int64_t layers = 0, hidden = 0, heads = 0, inner = 0, vocabulary = 0, positions = 0;
    float epsilon = 1e-5F;
    Activation activation = Activation::TanhGelu;
    bool isScaled = true;         // scores are divided by √(hidden / heads)
    bool isScaledByLayer = false;  // and by one more than the layer's index
    bool isTied = true;
};

class Gpt2Decoder {
public:
    Gpt2Decoder(const Gpt2Config& config, Weights& weights)
        // The files of the first release name no "transformer".
        : m_config(config), m_prefix(weights.has("transformer.wte.weight") ? "transformer." : ""), m_builder("GPT2LMHeadModel", weights) {}

    Result<Graph> build() {
        TRIMTAB_REQUIRE(m_builder.begin(m_prefix + "wte.weight"));
        const ValueId ids = m_builder.input("input_ids");
        CausalAttention attention(m_builder, ids);
        TRIMTAB_TRY(ValueId residual, embedded(ids, m_builder.positions(ids)));
        TRIMTAB_TRY(const LayerNorm first, norm(layerAt(0) + ".ln_1"));
        ValueId normed = normalized(m_builder, first, residual);
        const auto add = [&](const std::string& module, ValueId x, bool isLast) -> Status {
            TRIMTAB_TRY(const LayerNorm next, norm(module));
            const Sum made = addedAndNormalized(m_builder, next, residual, x, isLast);
            residual = made.sum;
            normed = made.normed;
            return {};
        };
        for (std::int64_t i = 0; i < m_config.layers; ++i) {
            const bool isLast = i + 1 == m_config.layers;
            TRIMTAB_TRY(const ValueId mixed, attended(i, attention, normed));
            TRIMTAB_REQUIRE(add(layerAt(i) + ".ln_2", mixed, false));
            TRIMTAB_TRY(const ValueId fed, fedForward(layerAt(i) + ".mlp", normed));
            TRIMTAB_REQUIRE(add(isLast ? m_prefix + "ln_f" : layerAt(i + 1) + ".ln_1", fed, isLast));
        }
        TRIMTAB_TRY(const ValueId logits, head(normed));
        return m_builder.finish({logits});
    }

private:
    std::string layerAt(std::int64_t index) const { return fmt::format("{}h.{}", m_prefix, index); }
    Result<LayerNorm> norm(const std::string& module) { return layerNorm(m_builder, module, m_config.hidden, m_config.epsilon); }

    Result<ValueId> embedded(ValueId ids, ValueId positions) {
        const std::string tokens = m_prefix + "wte", places = m_prefix + "wpe";
        const std::int64_t hidden = m_config.hidden;
        TRIMTAB_TRY(const ValueId words, m_builder.weight({.tensor = tokens + ".weight", .shape = Shape{m_config.vocabulary, hidden}}));
        TRIMTAB_TRY(const ValueId rows, m_builder.weight({.tensor = places + ".weight", .shape = Shape{m_config.positions, hidden}}));
        const ValueId word = m_builder.node(placeOf(tokens) + "/Gather", "Gather", {words, ids});
        const ValueId place = m_builder.node(placeOf(places) + "/Gather", "Gather", {rows, positions});
        return m_builder.node(placeOf(places) + "/Add", "Add", {word, place});
    }

    /// Outputs [first, first + count) of a Conv1D; `word` names them where they are not all.
    Result<ValueId> product(const std::string& module, ValueId x, const Shape& shape, const char* word = "", std::int64_t first = 0,
                            std::int64_t count = 0) {
        const std::string part = *word == '\0' ? "" : fmt::format(".{}", word);
        const Piece weight{.tensor = module + ".weight",
                           .shape = shape,
                           .called = module + part + ".weight",
                           .axis = 1,
                           .first = first,
                           .count = count};
        const Piece bias{.tensor = module + ".bias",
                         .shape = Shape{shape[1]},
                         .role = Piece::Role::Shift,
                         .called = module + part + ".bias",
                         .first = first,
                         .count = count};
        return m_builder.product(placeOf(module + part), x, weight, &bias);
    }

    Result<ValueId> attended(std::int64_t layer, CausalAttention& attention, ValueId x) {
        const std::string module = layerAt(layer) + ".attn";
        const std::int64_t hidden = m_config.hidden;
        const Shape fused{hidden, 3 * hidden};
        TRIMTAB_TRY(const ValueId query, product(module + ".c_attn", x, fused, "q", 0, hidden));
        TRIMTAB_TRY(const ValueId key, product(module + ".c_attn", x, fused, "k", hidden, hidden));
        TRIMTAB_TRY(const ValueId value, product(module + ".c_attn", x, fused, "v", 2 * hidden, hidden));
        const std::int64_t size = hidden / m_config.heads;
        const double scale = (m_config.isScaled ? 1 / std::sqrt(static_cast<double>(size)) : 1) /
                             (m_config.isScaledByLayer ? static_cast<double>(layer + 1) : 1);
        const CausalAttention::Heads heads{.heads = m_config.heads, .kvHeads = m_config.heads, .size = size, .scale = scale};
        return product(module + ".c_proj", attention.attend(module, heads, query, key, value), Shape{hidden, hidden});
    }

    Result<ValueId> fedForward(const std::string& module, ValueId x) {
        TRIMTAB_TRY(const ValueId wide, product(module + ".c_fc", x, Shape{m_config.hidden, m_config.inner}));
        TRIMTAB_TRY(const ValueId active, activate(m_builder, placeOf(module) + "/act", m_config.activation, wide));
        return product(module + ".c_proj", active, Shape{m_config.inner, m_config.hidden});
    }

    Result<ValueId> head(ValueId x) {
        const Piece piece{.tensor = m_config.isTied ? m_prefix + "wte.weight" : "lm_head.weight",
                          .shape = Shape{m_config.vocabulary, m_config.hidden},
                          .called = "lm_head.weight",
                          .isTurned = true};
        TRIMTAB_TRY(const ValueId logits, m_builder.product("/lm_head", x, piece, nullptr));
        m_builder.graph().value(logits).name = "logits";
        return logits;
    }

    const Gpt2Config& m_config;
    std::string m_prefix;
    GraphBuilder m_builder;
};

/// GPT2Config's words, with its defaults.
Result<Gpt2Config> configOf(const Json& json) {
    Gpt2Config config;
    TRIMTAB_TRY(config.layers, extentAt(json, "n_layer", kMostLayers, 12));
    TRIMTAB_TRY(config.hidden, extentAt(json, "n_embd", kLargestExtent, 768));
    TRIMTAB_TRY(config.heads, extentAt(json, "n_head", kLargestExtent, 12));
    TRIMTAB_TRY(config.inner, extentAt(json, "n_inner", kLargestExtent, 4 * config.hidden));
    TRIMTAB_TRY(config.vocabulary, extentAt(json, "vocab_size", kLargestExtent, 50257));
    TRIMTAB_TRY(config.positions, extentAt(json, "n_positions", kLargestExtent, 1024));
    if (config.hidden % config.heads != 0)
        return fail(ErrorCode::Refused, fmt::format("n_embd ({}) is no multiple of n_head ({})", config.hidden, config.heads));
    TRIMTAB_TRY(const double epsilon, positiveAt(json, "layer_norm_epsilon", 1e-5));
    config.epsilon = static_cast<float>(epsilon);
    TRIMTAB_TRY(config.activation, activationAt(json, "activation_function", Activation::TanhGelu));
    TRIMTAB_TRY(config.isScaled, base::booleanAt(json, "scale_attn_weights", true));
    TRIMTAB_TRY(config.isScaledByLayer, base::booleanAt(json, "scale_attn_by_inverse_layer_idx", false));
    TRIMTAB_TRY(config.isTied, base::booleanAt(json, "tie_word_embeddings", true));
    TRIMTAB_TRY(const bool crosses, base::booleanAt(json, "add_cross_attention", false));
    if (crosses) return fail(ErrorCode::Unsupported, "add_cross_attention is not read yet");
    return config;
}

}  // namespace

Result<Architecture> gpt2(const Json& json) {
    TRIMTAB_TRY(const Gpt2Config config, configOf(json));
    return Architecture{.graph = [config](Weights& weights) { return Gpt2Decoder(config, weights).build(); },
                        .isSpare =
                            [isTied = config.isTied](const std::string& tensor) {
                                // Masks that older versions kept beside the weights.
                                return tensor.ends_with(".attn.bias") || tensor.ends_with(".attn.masked_bias") ||
                                       (isTied && tensor == "lm_head.weight");
                            }};
}

}  // namespace trimtab::formats::huggingface
