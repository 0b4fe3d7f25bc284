#include "core/formats/huggingface/decoder_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/formats/huggingface/config_fields.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr std::int64_t kMostAngles = 1 << 28;  // of rotary tables: positions times pairs of a head

Status readExtents(const Json& json, const DecoderDefaults& defaults, DecoderConfig& config) {
    TRIMTAB_TRY(config.layers, extentAt(json, "num_hidden_layers", kMostLayers));
    TRIMTAB_TRY(config.hidden, extentAt(json, "hidden_size", kLargestExtent));
    TRIMTAB_TRY(config.heads, extentAt(json, "num_attention_heads", kLargestExtent));
    const std::int64_t kvHeads = isNull(json, "num_key_value_heads") ? config.heads : defaults.kvHeads.value_or(config.heads);
    TRIMTAB_TRY(config.kvHeads, extentAt(json, "num_key_value_heads", kLargestExtent, kvHeads));
    const std::int64_t share = std::max<std::int64_t>(config.hidden / config.heads, 1);
    const std::int64_t headSize = isNull(json, "head_dim") ? share : defaults.headSize.value_or(share);
    TRIMTAB_TRY(config.headSize, extentAt(json, "head_dim", kLargestExtent, headSize));
    TRIMTAB_TRY(config.intermediate, extentAt(json, "intermediate_size", kLargestExtent));
    TRIMTAB_TRY(config.vocabulary, extentAt(json, "vocab_size", kLargestExtent));
    TRIMTAB_TRY(config.positions, extentAt(json, "max_position_embeddings", kLargestExtent, defaults.positions));
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

}  // namespace

Result<DecoderConfig> decoderExtents(const Json& json, std::string architecture, const DecoderDefaults& defaults) {
    DecoderConfig config;
    config.architecture = std::move(architecture);
    TRIMTAB_REQUIRE(readExtents(json, defaults, config));
    TRIMTAB_TRY(const double epsilon, base::numberAt(json, "rms_norm_eps", defaults.epsilon));
    if (!(epsilon >= 0)) return fail(ErrorCode::Refused, fmt::format("rms_norm_eps is {}; it must not be negative", epsilon));
    config.epsilon = static_cast<float>(epsilon);
    TRIMTAB_TRY(config.tied, base::booleanAt(json, "tie_word_embeddings", defaults.tied));
    return config;
}

Result<DecoderConfig> decoderConfig(const Json& json, std::string architecture, const DecoderDefaults& defaults) {
    TRIMTAB_TRY(DecoderConfig config, decoderExtents(json, std::move(architecture), defaults));
    TRIMTAB_TRY(config.rotary, rotaryIn(json, defaults.theta, config.headSize));
    return config;
}

Status readLayerTypes(const Json& json, DecoderConfig& config, bool (*isWindowed)(std::int64_t, std::int64_t), std::int64_t pattern) {
    config.windowed.clear();
    const Json* const listed = base::memberAt(json, "layer_types");
    if (listed == nullptr) {
        for (std::int64_t i = 0; i < config.layers; ++i) config.windowed.push_back(isWindowed(i, pattern));
        return {};
    }
    if (!listed->is_array() || static_cast<std::int64_t>(listed->size()) != config.layers)
        return fail(ErrorCode::Refused, fmt::format("layer_types does not name the {} layers", config.layers));
    for (const Json& type : *listed) {
        if (type != "full_attention" && type != "sliding_attention")
            return fail(ErrorCode::Unsupported, fmt::format("layer_types: {:.40} is not read yet", base::dumpJson(type)));
        config.windowed.push_back(type == "sliding_attention");
    }
    return {};
}

}  // namespace trimtab::formats::huggingface
