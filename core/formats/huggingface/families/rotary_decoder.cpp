#include "core/formats/huggingface/families/rotary_decoder.h"

#include <fmt/format.h>

namespace trimtab::formats::huggingface {
namespace {

using graph::kNoValue;
using graph::ValueId;

constexpr const char* kEmbedding = "model.embed_tokens.weight";

std::string layerAt(std::int64_t index) { return fmt::format("model.layers.{}", index); }

}  // namespace

Result<Graph> RotaryDecoder::build() {
    TRIMTAB_REQUIRE(m_builder.begin(kEmbedding));
    const ValueId ids = m_builder.input("input_ids");
    CausalAttention attention(m_builder, ids);
    m_tables = attention.rotaryTables("", m_config.rotary, m_config.positions);
    m_windowTables = m_config.windowRotary ? attention.rotaryTables("_window", *m_config.windowRotary, m_config.positions) : m_tables;
    TRIMTAB_TRY(const ValueId table, m_builder.weight({.tensor = kEmbedding, .shape = Shape{m_config.vocabulary, m_config.hidden}}));
    TRIMTAB_TRY(ValueId residual, embedded(m_builder.node("/model/embed_tokens/Gather", "Gather", {table, ids})));
    TRIMTAB_TRY(const RmsNorm first, norm(layerAt(0) + ".input_layernorm", m_config.hidden));
    ValueId normed = normalized(m_builder, first, residual);
    const auto add = [&](const std::string& module, ValueId x, bool isLast) -> Status {
        TRIMTAB_TRY(const RmsNorm next, norm(module, m_config.hidden));
        const Sum made = addedAndNormalized(m_builder, next, residual, x, isLast);
        residual = made.sum;
        normed = made.normed;
        return {};
    };
    for (std::int64_t i = 0; i < m_config.layers; ++i) {
        const bool isLast = i + 1 == m_config.layers;
        TRIMTAB_TRY(ValueId made, attended(i, attention, normed));
        TRIMTAB_TRY(made, leaving(layerAt(i), "attention", made));
        TRIMTAB_REQUIRE(add(layerAt(i) + "." + middleNorm(), made, false));
        TRIMTAB_TRY(made, fedForward(layerAt(i), normed));
        TRIMTAB_TRY(made, leaving(layerAt(i), "feedforward", made));
        TRIMTAB_REQUIRE(add(isLast ? "model.norm" : layerAt(i + 1) + ".input_layernorm", made, isLast));
    }
    TRIMTAB_TRY(const ValueId logits, head(normed));
    if (m_builder.weights().areRead()) TRIMTAB_REQUIRE(attention.fillTables());
    return m_builder.finish({logits});
}

Result<RotaryDecoder::Projected> RotaryDecoder::projected(const std::string& module, ValueId x) {
    Projected made;
    const std::int64_t hidden = m_config.hidden;
    TRIMTAB_TRY(made.query, m_builder.product(module + ".q_proj", x, queryWidth(), hidden, m_config.inputBias));
    TRIMTAB_TRY(made.key, m_builder.product(module + ".k_proj", x, keyWidth(), hidden, m_config.inputBias));
    TRIMTAB_TRY(made.value, m_builder.product(module + ".v_proj", x, keyWidth(), hidden, m_config.inputBias));
    return made;
}

Result<ValueId> RotaryDecoder::fedForward(const std::string& layer, ValueId x) {
    const std::string module = layer + ".mlp";
    const std::int64_t wide = m_config.intermediate, hidden = m_config.hidden;
    TRIMTAB_TRY(const ValueId gate, m_builder.product(module + ".gate_proj", x, wide, hidden, m_config.gateBias));
    TRIMTAB_TRY(const ValueId up, m_builder.product(module + ".up_proj", x, wide, hidden, m_config.gateBias));
    TRIMTAB_TRY(const ValueId inner, gated(m_builder, placeOf(module), m_config.activation, gate, up));
    return m_builder.product(module + ".down_proj", inner, hidden, wide, m_config.gateBias);
}

Result<ValueId> RotaryDecoder::scale(const std::string& module, std::int64_t size) {
    return m_builder.weight({.tensor = module + ".weight", .shape = Shape{size}, .role = Piece::Role::Scale});
}

Result<ValueId> RotaryDecoder::leaving(const std::string&, const std::string&, ValueId x) { return x; }

Result<RmsNorm> RotaryDecoder::norm(const std::string& module, std::int64_t size) {
    TRIMTAB_TRY(const ValueId gamma, scale(module, size));
    return RmsNorm{module, gamma, m_config.epsilon};
}

Result<ValueId> RotaryDecoder::attended(std::int64_t layer, CausalAttention& attention, ValueId x) {
    const std::string module = layerAt(layer) + ".self_attn";
    TRIMTAB_TRY(Projected made, projected(module, x));
    if (m_config.headNorms) {
        TRIMTAB_TRY(made.query, normalizedHeads(module + ".q_norm", made.query, m_config.heads));
        TRIMTAB_TRY(made.key, normalizedHeads(module + ".k_norm", made.key, m_config.kvHeads));
    }
    const std::optional<std::int64_t> window = m_config.windowOf(layer);
    const CausalAttention::Heads heads{.heads = m_config.heads,
                                       .kvHeads = m_config.kvHeads,
                                       .size = m_config.headSize,
                                       .window = window,
                                       .scale = m_config.attentionScale,
                                       .softCap = m_config.attentionCap,
                                       .tables = window ? m_windowTables : m_tables};
    const ValueId mixed = attention.attend(module, heads, made.query, made.key, made.value);
    return m_builder.product(module + ".o_proj", mixed, m_config.hidden, queryWidth(), m_config.outputBias);
}

/// [batch, sequence, heads · size] as [batch, sequence, heads, size], normalised, and back.
Result<ValueId> RotaryDecoder::normalizedHeads(const std::string& module, ValueId x, std::int64_t heads) {
    TRIMTAB_TRY(const RmsNorm norm, this->norm(module, m_config.headSize));
    const std::string place = placeOf(module);
    const ValueId apart = m_builder.reshaped(place + "/Heads", x, {heads, m_config.headSize});
    return m_builder.reshaped(place + "/Joined", normalized(m_builder, norm, apart), {heads * m_config.headSize});
}

Result<ValueId> RotaryDecoder::head(ValueId x) {
    const Piece piece{.tensor = m_config.tied ? kEmbedding : "lm_head.weight",
                      .shape = Shape{m_config.vocabulary, m_config.hidden},
                      .called = "lm_head.weight",
                      .isTurned = true};
    TRIMTAB_TRY(const ValueId product, m_builder.product("/lm_head", x, piece, nullptr));
    TRIMTAB_TRY(const ValueId logits, finished(product));
    m_builder.graph().value(logits).name = "logits";
    return logits;
}

std::function<bool(const std::string&)> spareIn(const DecoderConfig& config) {
    return [isTied = config.tied](const std::string& tensor) {
        return tensor.ends_with(".rotary_emb.inv_freq") || (isTied && tensor == "lm_head.weight");
    };
}

}  // namespace trimtab::formats::huggingface
