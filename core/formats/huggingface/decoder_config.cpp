#include "core/formats/huggingface/decoder_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace trimtab::formats::huggingface {
namespace {

constexpr std::array kArchitectures{"LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM"};
constexpr std::int64_t kMostLayers = 1000, kLargestExtent = 1 << 24;

Result<std::string> architectureIn(const Json& json) {
    const Json* const listed = base::memberAt(json, "architectures");
    if (listed == nullptr || !listed->is_array() || listed->empty() || !listed->front().is_string())
        return fail(ErrorCode::Refused, "names no architecture (architectures)");
    auto word = listed->front().get<std::string>();
    if (std::ranges::find(kArchitectures, word) == kArchitectures.end())
        return fail(ErrorCode::Unsupported, fmt::format("{} is not read yet; {} are", word, fmt::join(kArchitectures, ", ")));
    return word;
}

Result<std::int64_t> extentAt(const Json& json, std::string_view key, std::int64_t most) {
    TRIMTAB_TRY(const std::int64_t extent, base::integerAt(json, key));
    if (extent < 1 || extent > most) return fail(ErrorCode::Refused, fmt::format("{} is {}, which is not in 1 … {}", key, extent, most));
    return extent;
}
Result<std::int64_t> extentAt(const Json& json, std::string_view key, std::int64_t most, std::int64_t fallback) {
    if (base::memberAt(json, key) == nullptr) return fallback;
    return extentAt(json, key, most);
}

Result<RotaryScaling> scalingIn(const Json& json) {
    RotaryScaling scaling;
    const Json* const given = base::memberAt(json, "rope_scaling");
    if (given == nullptr) return scaling;
    if (!given->is_object()) return fail(ErrorCode::Refused, "rope_scaling is no object");
    TRIMTAB_TRY(const std::string older, base::stringAt(*given, "type", "default"));
    TRIMTAB_TRY(const std::string kind, base::stringAt(*given, "rope_type", older));
    if (kind == "default") return scaling;
    if (kind != "linear" && kind != "llama3")
        return fail(ErrorCode::Unsupported, fmt::format("rope_scaling of type {} is not read yet", kind));
    scaling.kind = kind == "linear" ? RotaryScaling::Kind::Linear : RotaryScaling::Kind::Llama3;
    TRIMTAB_TRY(scaling.factor, base::numberAt(*given, "factor"));
    if (kind == "llama3") {
        TRIMTAB_TRY(scaling.lowFrequencyFactor, base::numberAt(*given, "low_freq_factor"));
        TRIMTAB_TRY(scaling.highFrequencyFactor, base::numberAt(*given, "high_freq_factor"));
        TRIMTAB_TRY(scaling.originalPositions, extentAt(*given, "original_max_position_embeddings", kLargestExtent));
    }
    const bool isSound = std::isfinite(scaling.factor) && scaling.factor >= 1 && scaling.lowFrequencyFactor > 0 &&
                         scaling.highFrequencyFactor > scaling.lowFrequencyFactor;
    if (!isSound) return fail(ErrorCode::Refused, "rope_scaling: factor must be at least 1, and low_freq_factor below high_freq_factor");
    return scaling;
}

Status readExtents(const Json& json, DecoderConfig& config) {
    TRIMTAB_TRY(config.layers, extentAt(json, "num_hidden_layers", kMostLayers));
    TRIMTAB_TRY(config.hidden, extentAt(json, "hidden_size", kLargestExtent));
    TRIMTAB_TRY(config.heads, extentAt(json, "num_attention_heads", kLargestExtent));
    TRIMTAB_TRY(config.kvHeads, extentAt(json, "num_key_value_heads", kLargestExtent, config.heads));
    TRIMTAB_TRY(config.headSize, extentAt(json, "head_dim", kLargestExtent, std::max<std::int64_t>(config.hidden / config.heads, 1)));
    TRIMTAB_TRY(config.intermediate, extentAt(json, "intermediate_size", kLargestExtent));
    TRIMTAB_TRY(config.vocabulary, extentAt(json, "vocab_size", kLargestExtent));
    TRIMTAB_TRY(config.positions, extentAt(json, "max_position_embeddings", kLargestExtent, 2048));
    if (config.heads % config.kvHeads != 0)
        return fail(ErrorCode::Refused,
                    fmt::format("num_attention_heads ({}) is no multiple of num_key_value_heads ({})", config.heads, config.kvHeads));
    if (config.headSize % 2 != 0)
        return fail(ErrorCode::Refused, fmt::format("heads of {} channels have no pairs to rotate", config.headSize));
    return {};
}

Status readWindow(const Json& json, DecoderConfig& config) {
    const bool isMistral = config.architecture == "MistralForCausalLM";
    TRIMTAB_TRY(const bool isUsed, base::booleanAt(json, "use_sliding_window", isMistral));
    if (!isUsed || base::memberAt(json, "sliding_window") == nullptr) return {};
    if (!isMistral) return fail(ErrorCode::Unsupported, "use_sliding_window, which only some layers follow, is not read yet");
    TRIMTAB_TRY(config.window, extentAt(json, "sliding_window", kLargestExtent));
    return {};
}

}  // namespace

Result<DecoderConfig> decoderConfigFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "is no object");
    DecoderConfig config;
    TRIMTAB_TRY(config.architecture, architectureIn(json));
    TRIMTAB_REQUIRE(readExtents(json, config));
    TRIMTAB_TRY(const std::string activation, base::stringAt(json, "hidden_act", "silu"));
    if (activation != "silu") return fail(ErrorCode::Unsupported, fmt::format("hidden_act {} is not read yet, silu is", activation));
    if (base::memberAt(json, "quantization_config") != nullptr)
        return fail(ErrorCode::Unsupported, "checkpoints that are quantised already (quantization_config) are not read yet");
    TRIMTAB_TRY(config.ropeTheta, base::numberAt(json, "rope_theta", 10000));
    TRIMTAB_TRY(const double epsilon, base::numberAt(json, "rms_norm_eps", 1e-6));
    if (!(config.ropeTheta > 0) || !(epsilon >= 0)) return fail(ErrorCode::Refused, "rope_theta and rms_norm_eps must be positive");
    config.epsilon = static_cast<float>(epsilon);
    TRIMTAB_TRY(config.scaling, scalingIn(json));
    TRIMTAB_REQUIRE(readWindow(json, config));
    TRIMTAB_TRY(config.tied, base::booleanAt(json, "tie_word_embeddings", false));
    const bool isQwen = config.architecture == "Qwen2ForCausalLM";
    TRIMTAB_TRY(config.inputBias, base::booleanAt(json, "attention_bias", isQwen));
    config.outputBias = config.inputBias && !isQwen;
    TRIMTAB_TRY(config.gateBias, base::booleanAt(json, "mlp_bias", false));
    return config;
}

}  // namespace trimtab::formats::huggingface
