#include "core/formats/gguf/decoder_config.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/formats/gguf/blocks.h"
#include "core/formats/gguf/names.h"
#include "core/formats/huggingface/families/llama.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::gguf {
namespace {

using huggingface::DecoderConfig;
using huggingface::RotaryScaling;

constexpr const char* kArchitecture = "general.architecture";
constexpr const char* kRotaryFactors = "rope_freqs.weight";

/// The keys of one architecture.
struct Keys {
    const Metadata& metadata;
    std::string architecture;

    std::string of(std::string_view key) const { return fmt::format("{}.{}", architecture, key); }
};

using ConfigReader = Result<DecoderConfig> (*)(const Json& config);

Result<ConfigReader> configReader(const std::string& architecture) {
    if (architecture == "llama") return huggingface::llamaConfig;
    if (architecture == "qwen2") return huggingface::qwen2Config;
    return fail(ErrorCode::Unsupported,
                fmt::format("{} is {:.40}, which is not read yet; llama and qwen2 are", kArchitecture, architecture));
}

/// Files with another number of heads in each layer list them.
Result<std::int64_t> keyHeads(const Keys& keys, std::int64_t heads) {
    const std::string key = keys.of("attention.head_count_kv");
    const auto found = keys.metadata.fields().find(key);
    if (found == keys.metadata.fields().end() || !found->second.isArray) return keys.metadata.integer(key, heads);
    TRIMTAB_TRY(const auto listed, keys.metadata.integers(key));
    if (listed.empty() || std::ranges::adjacent_find(listed, std::not_equal_to<>()) != listed.end())
        return fail(ErrorCode::Unsupported, fmt::format("{} differs from layer to layer, which is not read yet", key));
    return listed.front();
}

Result<std::int64_t> headSizeIn(const Keys& keys, std::int64_t hidden, std::int64_t heads) {
    const std::int64_t usual = heads > 0 ? hidden / heads : 0;
    TRIMTAB_TRY(const std::int64_t size, keys.metadata.integer(keys.of("attention.key_length"), usual));
    for (const char* key : {"attention.value_length", "rope.dimension_count"}) {
        TRIMTAB_TRY(const std::int64_t other, keys.metadata.integer(keys.of(key), size));
        if (other != size)
            return fail(ErrorCode::Unsupported,
                        fmt::format("{} is {} and heads are of {}; both alike are read", keys.of(key), other, size));
    }
    return size;
}

Result<std::int64_t> vocabularyOf(const Content& content) {
    const auto embedding = content.tensors.find("token_embd.weight");
    if (embedding == content.tensors.end()) return fail(ErrorCode::Refused, "has no tensor token_embd.weight");
    return embedding->second.shape[0];
}

/// In the words of a config.json, which has one reader already.
Result<Json> inTransformersWords(const Content& content, const Keys& keys) {
    const Metadata& metadata = content.metadata;
    Json json;
    TRIMTAB_TRY(const std::int64_t hidden, metadata.integer(keys.of("embedding_length")));
    TRIMTAB_TRY(const std::int64_t heads, metadata.integer(keys.of("attention.head_count")));
    json["hidden_size"] = hidden;
    json["num_attention_heads"] = heads;
    TRIMTAB_TRY(json["num_hidden_layers"], metadata.integer(keys.of("block_count")));
    TRIMTAB_TRY(json["num_key_value_heads"], keyHeads(keys, heads));
    TRIMTAB_TRY(json["head_dim"], headSizeIn(keys, hidden, heads));
    TRIMTAB_TRY(json["intermediate_size"], metadata.integer(keys.of("feed_forward_length")));
    TRIMTAB_TRY(json["max_position_embeddings"], metadata.integer(keys.of("context_length")));
    TRIMTAB_TRY(json["vocab_size"], vocabularyOf(content));
    TRIMTAB_TRY(json["rope_theta"], metadata.number(keys.of("rope.freq_base"), 10000));
    TRIMTAB_TRY(json["rms_norm_eps"], metadata.number(keys.of("attention.layer_norm_rms_epsilon")));
    json["tie_word_embeddings"] = !content.tensors.contains("output.weight");
    return json;
}

/// What no graph is built of.
Status checkKind(const Keys& keys) {
    TRIMTAB_TRY(const std::int64_t parts, keys.metadata.integer("split.count", 1));
    if (parts > 1)
        return fail(ErrorCode::Unsupported,
                    fmt::format("is one of {} parts of a model (split.count); join them with llama-gguf-split --merge first", parts));
    TRIMTAB_TRY(const std::int64_t experts, keys.metadata.integer(keys.of("expert_count"), 0));
    if (experts > 0) return fail(ErrorCode::Unsupported, fmt::format("has {} experts, which are not read yet", experts));
    return {};
}

Result<RotaryScaling> scalingIn(const Content& content, const Keys& keys) {
    RotaryScaling scaling;
    TRIMTAB_TRY(const double older, keys.metadata.number(keys.of("rope.scale_linear"), 0));
    TRIMTAB_TRY(const double given, keys.metadata.number(keys.of("rope.scaling.factor"), older));
    TRIMTAB_TRY(const std::string type, keys.metadata.text(keys.of("rope.scaling.type"), "linear"));
    if (type != "none" && type != "linear")
        return fail(ErrorCode::Unsupported,
                    fmt::format("{} is {:.40}, which is not read yet; linear is", keys.of("rope.scaling.type"), type));
    if (!(given >= 0) || !std::isfinite(given) || (given > 0 && given < 1))
        return fail(ErrorCode::Refused, fmt::format("{} must be at least 1", keys.of("rope.scaling.factor")));
    if (type == "linear" && given > 1) scaling = {.kind = RotaryScaling::Kind::Linear, .factor = given};
    const auto found = content.tensors.find(kRotaryFactors);
    if (found == content.tensors.end()) return scaling;
    if (scaling.kind != RotaryScaling::Kind::None)
        return fail(ErrorCode::Unsupported, fmt::format("{} beside linear scaling is not read", kRotaryFactors));
    if (!plainType(found->second.type)) return fail(ErrorCode::Unsupported, fmt::format("{} is of codes", kRotaryFactors));
    TRIMTAB_TRY(const Tensor values, valuesOf(found->second));
    scaling.kind = RotaryScaling::Kind::Factors;
    for (const float factor : tensor::toFloats(values)) scaling.factors.push_back(factor);
    return scaling;
}

Status checkFactors(const DecoderConfig& config) {
    if (config.rotary.scaling.kind != RotaryScaling::Kind::Factors) return {};
    const auto& factors = config.rotary.scaling.factors;
    const bool isSound = std::ranges::all_of(factors, [](double f) { return std::isfinite(f) && f > 0; });
    if (isSound && static_cast<std::int64_t>(factors.size()) == config.headSize / 2) return {};
    return fail(ErrorCode::Refused,
                fmt::format("{} must hold {} positive numbers, one a rotary pair", kRotaryFactors, config.headSize / 2));
}

bool hasBias(const Content& content, const char* module) {
    return content.tensors.contains(storedName(fmt::format("model.layers.0.{}.bias", module)));
}

}  // namespace

Result<DecoderConfig> decoderConfigOf(const Content& content) {
    TRIMTAB_TRY(const std::string architecture, content.metadata.text(kArchitecture));
    const Keys keys{content.metadata, architecture};
    TRIMTAB_TRY(const ConfigReader readConfig, configReader(architecture));
    TRIMTAB_TRY(const Json json, inTransformersWords(content, keys));
    TRIMTAB_REQUIRE(checkKind(keys));
    TRIMTAB_TRY(DecoderConfig config, readConfig(json));
    config.architecture = architecture;
    TRIMTAB_TRY(config.rotary.scaling, scalingIn(content, keys));
    TRIMTAB_REQUIRE(checkFactors(config));
    TRIMTAB_TRY(const std::int64_t window, content.metadata.integer(keys.of("attention.sliding_window"), 0));
    if (window < 0) return fail(ErrorCode::Refused, fmt::format("{} is {}", keys.of("attention.sliding_window"), window));
    if (window > 0) config.window = window;
    config.inputBias = hasBias(content, "self_attn.q_proj");
    config.outputBias = hasBias(content, "self_attn.o_proj");
    config.gateBias = hasBias(content, "mlp.gate_proj");
    return config;
}

}  // namespace trimtab::formats::gguf
