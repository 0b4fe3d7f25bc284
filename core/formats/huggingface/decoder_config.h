#pragma once
// config.json of decoders of the Llama kind: root-mean-square norms, rotary positions, grouped queries, gated units.
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/json.h"

namespace trimtab::formats::huggingface {

/// How rotary frequencies are stretched beyond the context that a model was first trained with.
struct RotaryScaling {
    enum class Kind : std::uint8_t {
        None,
        Linear,  // every frequency divided by `factor`
        Llama3,  // long wavelengths divided by `factor`, short ones kept, those between blended (Llama 3.1's apply_scaling)
    };
    Kind kind = Kind::None;
    double factor = 1, lowFrequencyFactor = 1, highFrequencyFactor = 4;
    std::int64_t originalPositions = 8192;
};

struct DecoderConfig {
    std::string architecture;  // "LlamaForCausalLM"
    std::int64_t layers = 0, hidden = 0, heads = 0, kvHeads = 0, headSize = 0, intermediate = 0, vocabulary = 0, positions = 0;
    double ropeTheta = 10000;
    RotaryScaling scaling;
    float epsilon = 1e-6F;
    std::optional<std::int64_t> window;  // tokens that a token sees, itself among them
    bool tied = false;                   // the last product has the embedding's values
    bool inputBias = false;              // of the products for query, key and value
    bool outputBias = false;             // of the product behind attention
    bool gateBias = false;               // of the gated unit's products
};

/// Unsupported, naming the architecture or the field, for what no graph is built of; Refused for values that make no model.
/// LlamaForCausalLM, MistralForCausalLM and Qwen2ForCausalLM are read.
Result<DecoderConfig> decoderConfigFromJson(const Json& json);

}  // namespace trimtab::formats::huggingface
