// Phi-3: Llama with one tensor for queries, keys and values, one for both inner products of the gated unit, and maybe only the first
// channels of a head turned (partial_rotary_factor). LongRoPE's tables (Ding et al. 2024) hold up to original_max_position_embeddings;
// beyond it transformers turns every token of the text anew by other factors.
#include <fmt/format.h>

#include <cmath>

#include "core/formats/huggingface/config_fields.h"
#include "core/formats/huggingface/families/families.h"
#include "core/formats/huggingface/families/rotary_decoder.h"

namespace trimtab::formats::huggingface {
namespace {

using graph::ValueId;

class Phi3Decoder final : public RotaryDecoder {
public:
    using RotaryDecoder::RotaryDecoder;

private:
    /// Rows [first, first + count) of a fused product.
    Result<ValueId> part(const std::string& module, const char* word, ValueId x, std::int64_t all, std::int64_t first, std::int64_t count) {
        const Piece piece{.tensor = module + ".weight",
                          .shape = Shape{all, m_config.hidden},
                          .called = fmt::format("{}.{}.weight", module, word),
                          .first = first,
                          .count = count,
                          .isTurned = true};
        return m_builder.product(fmt::format("{}/{}", placeOf(module), word), x, piece, nullptr);
    }

    Result<Projected> projected(const std::string& module, ValueId x) override {
        const std::string fused = module + ".qkv_proj";
        const std::int64_t queries = queryWidth(), keys = keyWidth(), all = queries + 2 * keys;
        Projected made;
        TRIMTAB_TRY(made.query, part(fused, "q", x, all, 0, queries));
        TRIMTAB_TRY(made.key, part(fused, "k", x, all, queries, keys));
        TRIMTAB_TRY(made.value, part(fused, "v", x, all, queries + keys, keys));
        return made;
    }

    Result<ValueId> fedForward(const std::string& layer, ValueId x) override {
        const std::string module = layer + ".mlp", fused = module + ".gate_up_proj";
        const std::int64_t wide = m_config.intermediate;
        TRIMTAB_TRY(const ValueId gate, part(fused, "gate", x, 2 * wide, 0, wide));
        TRIMTAB_TRY(const ValueId up, part(fused, "up", x, 2 * wide, wide, wide));
        TRIMTAB_TRY(const ValueId inner, gated(m_builder, placeOf(module), m_config.activation, gate, up));
        return m_builder.product(module + ".down_proj", inner, m_config.hidden, wide, false);
    }
};

/// One factor for each frequency.
Result<std::vector<double>> factorsAt(const Json& given, const char* key, std::int64_t count) {
    const Json* const listed = base::memberAt(given, key);
    if (listed == nullptr || !listed->is_array() || static_cast<std::int64_t>(listed->size()) != count)
        return fail(ErrorCode::Refused, fmt::format("rope_scaling: {} does not hold {} factors", key, count));
    std::vector<double> factors;
    for (const Json& factor : *listed) {
        if (!factor.is_number() || !(factor.get<double>() > 0))
            return fail(ErrorCode::Refused, fmt::format("rope_scaling: {} holds {:.40}", key, base::dumpJson(factor)));
        factors.push_back(factor.get<double>());
    }
    return factors;
}

/// As transformers' _compute_longrope_parameters: which factors hold, and what sines and cosines are multiplied by.
Status readLongRope(const Json& json, const Json& given, DecoderConfig& config, std::vector<std::string>& limits) {
    constexpr std::int64_t usualOriginal = 4096;
    TRIMTAB_TRY(const std::int64_t outer, extentAt(json, "original_max_position_embeddings", kLargestExtent, usualOriginal));
    TRIMTAB_TRY(const std::int64_t original, extentAt(given, "original_max_position_embeddings", kLargestExtent, outer));
    config.rotary.scaling.kind = RotaryScaling::Kind::Factors;
    TRIMTAB_TRY(config.rotary.scaling.factors, factorsAt(given, "short_factor", config.rotary.size / 2));
    TRIMTAB_REQUIRE(factorsAt(given, "long_factor", config.rotary.size / 2));
    const double stretch = static_cast<double>(config.positions) / static_cast<double>(original);
    const double usual = stretch <= 1 || original < 2 ? 1 : std::sqrt(1 + std::log(stretch) / std::log(static_cast<double>(original)));
    TRIMTAB_TRY(config.rotary.amplitude, positiveAt(given, "attention_factor", usual));
    if (config.positions > original) {
        limits.push_back(
            fmt::format("rope_scaling.long_factor is not read yet: texts end at {} tokens, not at {}", original, config.positions));
        config.positions = original;
    }
    return {};
}

Status readRotary(const Json& json, DecoderConfig& config, std::vector<std::string>& limits) {
    TRIMTAB_TRY(const Json* given, rotaryObjectIn(json));
    TRIMTAB_TRY(const double outerShare, positiveAt(json, "partial_rotary_factor", 1));
    TRIMTAB_TRY(const double share, given ? positiveAt(*given, "partial_rotary_factor", outerShare) : Result<double>(outerShare));
    const auto size = static_cast<std::int64_t>(static_cast<double>(config.headSize) * std::min(share, 2.0));
    if (share > 1 || size < 2 || size % 2 != 0)
        return fail(ErrorCode::Refused,
                    fmt::format("partial_rotary_factor {} of heads of {} leaves no pairs to rotate", share, config.headSize));
    TRIMTAB_TRY(const std::string older, given ? base::stringAt(*given, "type", "default") : Result<std::string>("default"));
    TRIMTAB_TRY(const std::string kind, given ? base::stringAt(*given, "rope_type", older) : Result<std::string>(older));
    if (kind != "longrope" && kind != "su" && kind != "yarn") {  // older words for the same, as Phi3Config takes them
        TRIMTAB_TRY(config.rotary, rotaryIn(json, config.rotary.theta, size));
        return {};
    }
    TRIMTAB_TRY(const double theta, positiveAt(json, "rope_theta", config.rotary.theta));
    TRIMTAB_TRY(config.rotary.theta, positiveAt(*given, "rope_theta", theta));
    config.rotary.size = size;
    return readLongRope(json, *given, config, limits);
}

}  // namespace

Result<Architecture> phi3(const Json& json) {
    TRIMTAB_TRY(DecoderConfig config, decoderExtents(json, "Phi3ForCausalLM", {.positions = 4096, .epsilon = 1e-5}));
    std::vector<std::string> limits;
    TRIMTAB_REQUIRE(readRotary(json, config, limits));
    TRIMTAB_TRY(config.activation, activationAt(json, "hidden_act", Activation::Silu));
    if (base::memberAt(json, "sliding_window") != nullptr) {
        TRIMTAB_TRY(config.window, extentAt(json, "sliding_window", kLargestExtent));
    }
    return Architecture{.graph = [config](Weights& weights) { return Phi3Decoder(config, weights).build(); },
                        .isSpare = spareIn(config),
                        .limits = std::move(limits)};
}

}  // namespace trimtab::formats::huggingface
