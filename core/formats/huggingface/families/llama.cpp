#include "core/formats/huggingface/families/llama.h"

#include "core/formats/huggingface/config_fields.h"
#include "core/formats/huggingface/families/families.h"
#include "core/formats/huggingface/families/rotary_decoder.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr std::int64_t kUsualWindow = 4096;

/// Qwen's: of the layers from max_window_layers on, where use_sliding_window says so.
Status readQwenWindow(const Json& json, DecoderConfig& config) {
    constexpr std::int64_t usualFirstLayer = 28;
    TRIMTAB_TRY(const bool isUsed, base::booleanAt(json, "use_sliding_window", false));
    if (!isUsed || isNull(json, "sliding_window")) return {};
    TRIMTAB_TRY(config.window, extentAt(json, "sliding_window", kLargestExtent, kUsualWindow));
    TRIMTAB_TRY(const std::int64_t first, base::integerAt(json, "max_window_layers", usualFirstLayer));
    return readLayerTypes(json, config, [](std::int64_t layer, std::int64_t from) { return layer >= from; }, first);
}

Result<Architecture> made(Result<DecoderConfig> config) {
    if (!config) return fail(std::move(config).error());
    auto isSpare = spareIn(*config);
    return Architecture{.graph = [config = std::move(*config)](Weights& weights) { return RotaryDecoder(config, weights).build(); },
                        .isSpare = std::move(isSpare)};
}

}  // namespace

Result<DecoderConfig> llamaConfig(const Json& json) {
    TRIMTAB_TRY(DecoderConfig config, decoderConfig(json, "LlamaForCausalLM", {}));
    TRIMTAB_TRY(config.activation, activationAt(json, "hidden_act", Activation::Silu));
    TRIMTAB_TRY(config.inputBias, base::booleanAt(json, "attention_bias", false));
    config.outputBias = config.inputBias;
    TRIMTAB_TRY(config.gateBias, base::booleanAt(json, "mlp_bias", false));
    return config;
}

Result<DecoderConfig> mistralConfig(const Json& json) {
    TRIMTAB_TRY(DecoderConfig config, decoderConfig(json, "MistralForCausalLM", {.kvHeads = 8, .positions = 131072}));
    TRIMTAB_TRY(config.activation, activationAt(json, "hidden_act", Activation::Silu));
    if (isNull(json, "sliding_window")) return config;
    TRIMTAB_TRY(config.window, extentAt(json, "sliding_window", kLargestExtent, kUsualWindow));
    return config;
}

Result<DecoderConfig> qwen2Config(const Json& json) {
    TRIMTAB_TRY(DecoderConfig config, decoderConfig(json, "Qwen2ForCausalLM", {.kvHeads = 32, .positions = 32768}));
    TRIMTAB_TRY(config.activation, activationAt(json, "hidden_act", Activation::Silu));
    TRIMTAB_REQUIRE(readQwenWindow(json, config));
    config.inputBias = true;
    return config;
}

Result<DecoderConfig> qwen3Config(const Json& json) {
    TRIMTAB_TRY(DecoderConfig config, decoderConfig(json, "Qwen3ForCausalLM", {.kvHeads = 32, .headSize = 128, .positions = 32768}));
    TRIMTAB_TRY(config.activation, activationAt(json, "hidden_act", Activation::Silu));
    TRIMTAB_REQUIRE(readQwenWindow(json, config));
    TRIMTAB_TRY(config.inputBias, base::booleanAt(json, "attention_bias", false));
    config.outputBias = config.inputBias;
    config.headNorms = true;
    return config;
}

Result<Architecture> llama(const Json& config) { return made(llamaConfig(config)); }
Result<Architecture> mistral(const Json& config) { return made(mistralConfig(config)); }
Result<Architecture> qwen2(const Json& config) { return made(qwen2Config(config)); }
Result<Architecture> qwen3(const Json& config) { return made(qwen3Config(config)); }

}  // namespace trimtab::formats::huggingface
