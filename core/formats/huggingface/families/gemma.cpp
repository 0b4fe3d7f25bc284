// Gemma, Gemma 2 and Gemma 3 (text). Embeddings are multiplied by √hidden, rounded to their type; norms by 1 + weight, formed in float32;
// the gated unit's function is the tanh form of GELU. Gemma 2 and 3 have a norm behind each half too, a window on some layers and a scale
// of their own for scores; Gemma 2 caps scores and logits, Gemma 3 normalises heads and turns the layers with a window by another base.
#include <fmt/format.h>

#include <cmath>

#include "core/formats/huggingface/config_fields.h"
#include "core/formats/huggingface/families/families.h"
#include "core/formats/huggingface/families/rotary_decoder.h"

namespace trimtab::formats::huggingface {
namespace {

using graph::ValueId;

struct GemmaConfig {
    DecoderConfig decoder;
    bool hasNormsBehind = false;
    double logitsCap = 0;  // 0: none
};

class GemmaDecoder final : public RotaryDecoder {
public:
    GemmaDecoder(const GemmaConfig& config, Weights& weights) : RotaryDecoder(config.decoder, weights), m_gemma(config) {}

private:
    Result<ValueId> scale(const std::string& module, std::int64_t size) override {
        return m_builder.weight({.tensor = module + ".weight", .shape = Shape{size}, .role = Piece::Role::Shift, .plusOne = true});
    }
    Result<ValueId> embedded(ValueId rows) override {
        TRIMTAB_TRY(const ValueId root, m_builder.number("model.embed_tokens.scale", std::sqrt(static_cast<double>(m_config.hidden))));
        return m_builder.node("/model/embed_tokens/Mul", "Mul", {rows, root});
    }
    Result<ValueId> leaving(const std::string& layer, const std::string& half, ValueId x) override {
        if (!m_gemma.hasNormsBehind) return x;
        TRIMTAB_TRY(const RmsNorm behind, norm(fmt::format("{}.post_{}_layernorm", layer, half), m_config.hidden));
        return normalized(m_builder, behind, x);
    }
    std::string middleNorm() const override {
        return m_gemma.hasNormsBehind ? "pre_feedforward_layernorm" : RotaryDecoder::middleNorm();
    }
    Result<ValueId> finished(ValueId logits) override {
        if (m_gemma.logitsCap == 0) return logits;
        TRIMTAB_TRY(const ValueId cap, m_builder.number("lm_head.cap", m_gemma.logitsCap));
        const ValueId bent = m_builder.node("/lm_head/Tanh", "Tanh", {m_builder.node("/lm_head/Div", "Div", {logits, cap})});
        return m_builder.node("/lm_head/Mul", "Mul", {bent, cap});
    }

    const GemmaConfig& m_gemma;
};

Architecture madeOf(GemmaConfig config) {
    auto isSpare = spareIn(config.decoder);
    return {.graph = [config = std::move(config)](Weights& weights) { return GemmaDecoder(config, weights).build(); },
            .isSpare = std::move(isSpare)};
}

/// hidden_activation; older configs name "gelu" as hidden_act and mean its tanh form.
Status readGemma(const Json& json, DecoderConfig& config) {
    TRIMTAB_TRY(config.activation, activationAt(json, "hidden_activation", Activation::TanhGelu));
    TRIMTAB_TRY(config.inputBias, base::booleanAt(json, "attention_bias", false));
    config.outputBias = config.inputBias;
    return {};
}

/// What Gemma 2 and 3 have in common. `pattern`: every so-manieth layer has no window.
Status readGemma2(const Json& json, GemmaConfig& config, std::int64_t pattern) {
    constexpr std::int64_t usualWindow = 4096;
    config.hasNormsBehind = true;
    TRIMTAB_TRY(const double scalar, positiveAt(json, "query_pre_attn_scalar", 256));
    config.decoder.attentionScale = 1 / std::sqrt(scalar);
    if (!isNull(json, "sliding_window")) {
        TRIMTAB_TRY(config.decoder.window, extentAt(json, "sliding_window", kLargestExtent, usualWindow));
    }
    return readLayerTypes(json, config.decoder, [](std::int64_t layer, std::int64_t each) { return (layer + 1) % each != 0; }, pattern);
}

/// 0 where the config has null.
Result<double> capAt(const Json& json, const char* key, std::optional<double> fallback) {
    TRIMTAB_TRY(const std::optional<double> cap, positiveOrNoneAt(json, key, fallback));
    return cap.value_or(0);
}

/// Two embeddings: rope_theta and rope_scaling for layers that see all, rope_local_base_freq for those with a window; newer configs have
/// both in rope_parameters, by the types of layers.
Status readGemma3Rotary(const Json& json, DecoderConfig& config) {
    constexpr double usualTheta = 1e6, usualLocal = 1e4;
    TRIMTAB_TRY(const Json* given, rotaryObjectIn(json));
    TRIMTAB_TRY(const double theta, positiveAt(json, "rope_theta", usualTheta));
    TRIMTAB_TRY(const double local, positiveAt(json, "rope_local_base_freq", usualLocal));
    const Json* const far = given ? base::memberAt(*given, "full_attention") : nullptr;
    const Json* const near = given ? base::memberAt(*given, "sliding_attention") : nullptr;
    for (const Json* each : {far, near})
        if (each != nullptr && !each->is_object()) return fail(ErrorCode::Refused, "rope_parameters: a type of layers has no object");
    TRIMTAB_TRY(config.rotary, rotaryFrom(far || near ? far : given, theta, config.headSize));
    TRIMTAB_TRY(config.windowRotary, rotaryFrom(near, local, config.headSize));
    return {};
}

}  // namespace

Result<Architecture> gemma(const Json& json) {
    const DecoderDefaults defaults{.kvHeads = 16, .headSize = 256, .positions = 8192, .tied = true};
    TRIMTAB_TRY(DecoderConfig config, decoderConfig(json, "GemmaForCausalLM", defaults));
    TRIMTAB_REQUIRE(readGemma(json, config));
    return madeOf({.decoder = std::move(config)});
}

Result<Architecture> gemma2(const Json& json) {
    const DecoderDefaults defaults{.kvHeads = 4, .headSize = 256, .positions = 8192, .tied = true};
    GemmaConfig config;
    TRIMTAB_TRY(config.decoder, decoderConfig(json, "Gemma2ForCausalLM", defaults));
    TRIMTAB_REQUIRE(readGemma(json, config.decoder));
    TRIMTAB_REQUIRE(readGemma2(json, config, 2));
    TRIMTAB_TRY(config.decoder.attentionCap, capAt(json, "attn_logit_softcapping", 50));
    TRIMTAB_TRY(config.logitsCap, capAt(json, "final_logit_softcapping", 30));
    return madeOf(std::move(config));
}

Result<Architecture> gemma3(const Json& json) {
    const DecoderDefaults defaults{.kvHeads = 4, .headSize = 256, .positions = 131072, .tied = true};
    TRIMTAB_TRY(const bool looksAhead, base::booleanAt(json, "use_bidirectional_attention", false));
    if (looksAhead) return fail(ErrorCode::Unsupported, "use_bidirectional_attention is not read yet");
    GemmaConfig config;
    TRIMTAB_TRY(config.decoder, decoderExtents(json, "Gemma3ForCausalLM", defaults));
    TRIMTAB_REQUIRE(readGemma(json, config.decoder));
    TRIMTAB_TRY(const std::int64_t older, extentAt(json, "sliding_window_pattern", kMostLayers, 6));
    TRIMTAB_TRY(const std::int64_t pattern, extentAt(json, "_sliding_window_pattern", kMostLayers, older));
    TRIMTAB_REQUIRE(readGemma2(json, config, pattern));
    TRIMTAB_REQUIRE(readGemma3Rotary(json, config.decoder));
    TRIMTAB_TRY(config.decoder.attentionCap, capAt(json, "attn_logit_softcapping", std::nullopt));
    TRIMTAB_TRY(config.logitsCap, capAt(json, "final_logit_softcapping", std::nullopt));
    config.decoder.headNorms = true;
    return madeOf(std::move(config));
}

}  // namespace trimtab::formats::huggingface
