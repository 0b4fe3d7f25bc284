#include "core/formats/gguf/names.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace trimtab::formats::gguf {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<Pair, 3> kOnce{{{"model.embed_tokens", "token_embd"}, {"model.norm", "output_norm"}, {"lm_head", "output"}}};
constexpr std::array<Pair, 9> kInLayers{{{"input_layernorm", "attn_norm"},
                                         {"self_attn.q_proj", "attn_q"},
                                         {"self_attn.k_proj", "attn_k"},
                                         {"self_attn.v_proj", "attn_v"},
                                         {"self_attn.o_proj", "attn_output"},
                                         {"post_attention_layernorm", "ffn_norm"},
                                         {"mlp.gate_proj", "ffn_gate"},
                                         {"mlp.up_proj", "ffn_up"},
                                         {"mlp.down_proj", "ffn_down"}}};
constexpr std::string_view kLayers = "model.layers.";

template <std::size_t N>
std::string_view lookUp(const std::array<Pair, N>& pairs, std::string_view module) {
    const auto* const found = std::ranges::find(pairs, module, &Pair::first);
    return found == pairs.end() ? std::string_view() : found->second;
}

}  // namespace

std::string storedName(const std::string& name) {
    const std::size_t end = name.rfind('.');
    if (end == std::string::npos) return {};
    std::string_view module = std::string_view(name).substr(0, end);
    std::string stored;
    if (module.starts_with(kLayers)) {
        module.remove_prefix(kLayers.size());
        const std::size_t dot = module.find('.');
        if (dot == std::string_view::npos) return {};
        stored = "blk." + std::string(module.substr(0, dot + 1));
        module.remove_prefix(dot + 1);
    }
    const std::string_view word = stored.empty() ? lookUp(kOnce, module) : lookUp(kInLayers, module);
    if (word.empty()) return {};
    return stored + std::string(word) + name.substr(end);
}

std::vector<std::int64_t> pairedRows(std::int64_t heads, std::int64_t headSize) {
    std::vector<std::int64_t> rows;
    for (std::int64_t h = 0; h < heads; ++h)
        for (std::int64_t second = 0; second < 2; ++second)
            for (std::int64_t i = 0; i < headSize / 2; ++i) rows.push_back(h * headSize + 2 * i + second);
    return rows;
}

}  // namespace trimtab::formats::gguf
