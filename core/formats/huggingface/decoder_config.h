#pragma once
// What decoders with root-mean-square norms, rotary positions, grouped queries and gated units say of themselves in config.json.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/formats/huggingface/activation.h"
#include "core/formats/huggingface/rotary.h"

namespace trimtab::formats::huggingface {

struct DecoderConfig {
    std::string architecture;  // "LlamaForCausalLM"
    std::int64_t layers = 0, hidden = 0, heads = 0, kvHeads = 0, headSize = 0, intermediate = 0, vocabulary = 0, positions = 0;
    Rotary rotary;
    std::optional<Rotary> windowRotary;  // of the layers with a window, where theirs is another
    float epsilon = 1e-6F;
    std::optional<std::int64_t> window;    // tokens that a token sees, itself among them
    std::vector<bool> windowed;            // by layer, whether it has the window; empty: all have
    std::optional<double> attentionScale;  // 1 / √headSize without
    double attentionCap = 0;               // scores become cap · tanh(score / cap); 0: they don't
    Activation activation = Activation::Silu;
    bool tied = false;        // the last product has the embedding's values
    bool inputBias = false;   // of the products for query, key and value
    bool outputBias = false;  // of the product behind attention
    bool gateBias = false;    // of the gated unit's products
    bool headNorms = false;   // queries and keys are normalised head by head before they are turned

    std::optional<std::int64_t> windowOf(std::int64_t layer) const {
        return windowed.empty() || windowed[static_cast<std::size_t>(layer)] ? window : std::nullopt;
    }
};

/// What transformers' configuration of an architecture takes where config.json is silent.
struct DecoderDefaults {
    std::optional<std::int64_t> kvHeads = {};   // as many as heads without
    std::optional<std::int64_t> headSize = {};  // hidden / heads without
    std::int64_t positions = 2048;
    double theta = 10000, epsilon = 1e-6;
    bool tied = false;
};

/// Extents, norms, the tied head and, where there is one for all layers, rotary positions. Refused, naming the field, for values that make
/// no model.
Result<DecoderConfig> decoderConfig(const Json& json, std::string architecture, const DecoderDefaults& defaults);
/// The same without rotary positions.
Result<DecoderConfig> decoderExtents(const Json& json, std::string architecture, const DecoderDefaults& defaults);

/// Which layers have the window: as "layer_types" says, else as `isWindowed` of a layer's index does. Unsupported for other types than
/// full_attention and sliding_attention.
Status readLayerTypes(const Json& json, DecoderConfig& config, bool (*isWindowed)(std::int64_t layer, std::int64_t pattern),
                      std::int64_t pattern);

}  // namespace trimtab::formats::huggingface
