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
constexpr std::int64_t kMostAngles = 1 << 28;  // of rotary tables: positions times pairs of a head

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

/// Where a config states its rotary embedding: newer ones in rope_parameters, θ among them, older ones in rope_scaling and rope_theta.
Result<const Json*> rotaryIn(const Json& json) {
    const Json* const newer = base::memberAt(json, "rope_parameters");
    const Json* const given = newer != nullptr ? newer : base::memberAt(json, "rope_scaling");
    if (given == nullptr) return nullptr;
    const char* const name = newer != nullptr ? "rope_parameters" : "rope_scaling";
    if (!given->is_object()) return fail(ErrorCode::Refused, fmt::format("{} is no object", name));
    for (const auto& [key, value] : given->items())
        if (value.is_object()) return fail(ErrorCode::Unsupported, fmt::format("{} by kinds of layers ({}) are not read yet", name, key));
    return given;
}

Result<double> thetaIn(const Json& json) {
    TRIMTAB_TRY(const Json* given, rotaryIn(json));
    TRIMTAB_TRY(const double outer, base::numberAt(json, "rope_theta", 10000));
    if (given == nullptr) return outer;
    return base::numberAt(*given, "rope_theta", outer);
}

Result<RotaryScaling> scalingIn(const Json& json) {
    RotaryScaling scaling;
    TRIMTAB_TRY(const Json* given, rotaryIn(json));
    if (given == nullptr) return scaling;
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
    if (!isSound) return fail(ErrorCode::Refused, "rope scaling: factor must be at least 1, and low_freq_factor below high_freq_factor");
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
    if (config.positions > kMostAngles / (config.headSize / 2))
        return fail(ErrorCode::Refused,
                    fmt::format("max_position_embeddings is {}, too many for heads of {}", config.positions, config.headSize));
    return {};
}

/// As transformers' configurations read them: MistralConfig has a window of 4096 unless it is null, Qwen2Config one for the layers from
/// max_window_layers on, when use_sliding_window says so.
Status readWindow(const Json& json, DecoderConfig& config) {
    constexpr std::int64_t usual = 4096, usualFirstLayer = 28;
    if (config.architecture == "MistralForCausalLM") {
        if (json.contains("sliding_window") && json["sliding_window"].is_null()) return {};
        TRIMTAB_TRY(config.window, extentAt(json, "sliding_window", kLargestExtent, usual));
        return {};
    }
    TRIMTAB_TRY(const bool isUsed, base::booleanAt(json, "use_sliding_window", false));
    TRIMTAB_TRY(const std::int64_t first, base::integerAt(json, "max_window_layers", usualFirstLayer));
    const bool isOff = json.contains("sliding_window") && json["sliding_window"].is_null();
    if (isUsed && !isOff && first < config.layers)
        return fail(ErrorCode::Unsupported, "use_sliding_window, which only some layers follow, is not read yet");
    return {};
}

/// Llama alone says it in its config; the others' products are biased or not by their architecture.
Status readBiases(const Json& json, DecoderConfig& config) {
    config.inputBias = config.architecture == "Qwen2ForCausalLM";
    if (config.architecture != "LlamaForCausalLM") return {};
    TRIMTAB_TRY(config.inputBias, base::booleanAt(json, "attention_bias", false));
    config.outputBias = config.inputBias;
    TRIMTAB_TRY(config.gateBias, base::booleanAt(json, "mlp_bias", false));
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
    TRIMTAB_TRY(config.ropeTheta, thetaIn(json));
    TRIMTAB_TRY(const double epsilon, base::numberAt(json, "rms_norm_eps", 1e-6));
    if (!(config.ropeTheta > 0) || !(epsilon >= 0)) return fail(ErrorCode::Refused, "rope_theta and rms_norm_eps must be positive");
    config.epsilon = static_cast<float>(epsilon);
    TRIMTAB_TRY(config.scaling, scalingIn(json));
    TRIMTAB_REQUIRE(readWindow(json, config));
    TRIMTAB_TRY(config.tied, base::booleanAt(json, "tie_word_embeddings", false));
    TRIMTAB_REQUIRE(readBiases(json, config));
    return config;
}

}  // namespace trimtab::formats::huggingface
