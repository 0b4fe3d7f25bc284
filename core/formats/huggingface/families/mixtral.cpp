// Mixtral (Jiang et al. 2024): Mistral with experts in place of each gated unit. A router gives every token k of them:
//   p = softmax(gate(x)) in float32;  w_e = p_e / Σ of the k largest p for those, else 0;  y = Σ_e w_e · expert_e(x)
//   expert(x) = w2(activation(w1(x)) · w3(x))
// As standard operators, with every expert computed for every token: right, but what a token does not need is computed too.
#include <fmt/format.h>

#include "core/formats/huggingface/config_fields.h"
#include "core/formats/huggingface/families/families.h"
#include "core/formats/huggingface/families/rotary_decoder.h"

namespace trimtab::formats::huggingface {
namespace {

using graph::ValueId;

struct MixtralConfig {
    DecoderConfig decoder;
    std::int64_t experts = 0, chosen = 0;
};

class MixtralDecoder final : public RotaryDecoder {
public:
    MixtralDecoder(const MixtralConfig& config, Weights& weights) : RotaryDecoder(config.decoder, weights), m_mixtral(config) {}

private:
    Result<ValueId> fedForward(const std::string& layer, ValueId x) override {
        const std::string module = layer + ".block_sparse_moe", place = placeOf(module);
        TRIMTAB_TRY(const std::vector<ValueId> shares, routed(module, x));
        ValueId sum = graph::kNoValue;
        for (std::int64_t e = 0; e < m_mixtral.experts; ++e) {
            const std::string at = fmt::format("{}.experts.{}", module, e);
            TRIMTAB_TRY(const ValueId made, expert(at, x));
            const ValueId part = m_builder.node(placeOf(at) + "/Share", "Mul", {made, shares[static_cast<std::size_t>(e)]});
            sum = sum == graph::kNoValue ? part : m_builder.node(placeOf(at) + "/Sum", "Add", {sum, part});
        }
        return sum;
    }

    Result<ValueId> expert(const std::string& module, ValueId x) {
        const std::int64_t wide = m_config.intermediate, hidden = m_config.hidden;
        TRIMTAB_TRY(const ValueId gate, m_builder.product(module + ".w1", x, wide, hidden, false));
        TRIMTAB_TRY(const ValueId up, m_builder.product(module + ".w3", x, wide, hidden, false));
        TRIMTAB_TRY(const ValueId inner, gated(m_builder, placeOf(module), m_config.activation, gate, up));
        return m_builder.product(module + ".w2", inner, hidden, wide, false);
    }

    /// Each expert's share of every token, [batch, sequence, 1].
    Result<std::vector<ValueId>> routed(const std::string& module, ValueId x) {
        const std::string place = placeOf(module);
        const std::map<std::string, graph::Attribute> last{{"axis", std::int64_t{-1}}};
        TRIMTAB_TRY(const ValueId scores, m_builder.product(module + ".gate", x, m_mixtral.experts, m_config.hidden, false));
        const ValueId wide = m_builder.cast(place + "/Widen", scores, m_builder.type(), DataType::Float32);
        const ValueId likely = m_builder.node(place + "/Softmax", "Softmax", {wide}, last);
        const ValueId count = m_builder.integers(module + ".chosen", {m_mixtral.chosen});
        const std::string top = place + "/TopK";
        const auto best = m_builder.nodes(top, "TopK", {likely, count}, top + "/output_0", {top + "/output_1"}, last, "");
        const ValueId axes = m_builder.integers(module + ".axes", {-1});
        const ValueId total = m_builder.node(place + "/ReduceSum", "ReduceSum", {best[0], axes}, {{"keepdims", std::int64_t{1}}});
        const ValueId shares = m_builder.node(place + "/Div", "Div", {best[0], total});
        const ValueId none = m_builder.node(place + "/Sub", "Sub", {likely, likely});
        const ValueId spread = m_builder.node(place + "/ScatterElements", "ScatterElements", {none, best[1], shares}, last);
        const ValueId narrow = m_builder.cast(place + "/Narrow", spread, DataType::Float32, m_builder.type());
        return apart(module, narrow);
    }
    std::vector<ValueId> apart(const std::string& module, ValueId shares) {
        if (m_mixtral.experts == 1) return {shares};
        const std::string name = placeOf(module) + "/Split";
        const ValueId sizes =
            m_builder.integers(module + ".sizes", std::vector<std::int64_t>(static_cast<std::size_t>(m_mixtral.experts), 1));
        std::vector<std::string> others;
        for (std::int64_t e = 1; e < m_mixtral.experts; ++e) others.push_back(fmt::format("{}/output_{}", name, e));
        return m_builder.nodes(name, "Split", {shares, sizes}, name + "/output_0", others, {{"axis", std::int64_t{-1}}}, "");
    }

    const MixtralConfig& m_mixtral;
};

}  // namespace

Result<Architecture> mixtral(const Json& json) {
    constexpr std::int64_t mostExperts = 1 << 16;  // of all layers
    MixtralConfig config;
    const DecoderDefaults defaults{.kvHeads = 8, .positions = 131072, .theta = 1e6, .epsilon = 1e-5};
    TRIMTAB_TRY(config.decoder, decoderConfig(json, "MixtralForCausalLM", defaults));
    TRIMTAB_TRY(config.decoder.activation, activationAt(json, "hidden_act", Activation::Silu));
    if (base::memberAt(json, "sliding_window") != nullptr) {
        TRIMTAB_TRY(config.decoder.window, extentAt(json, "sliding_window", kLargestExtent));
    }
    TRIMTAB_TRY(config.experts, extentAt(json, "num_local_experts", mostExperts / config.decoder.layers, 8));
    TRIMTAB_TRY(config.chosen, extentAt(json, "num_experts_per_tok", config.experts, 2));
    return Architecture{.graph = [config](Weights& weights) { return MixtralDecoder(config, weights).build(); },
                        .isSpare = spareIn(config.decoder)};
}

}  // namespace trimtab::formats::huggingface
