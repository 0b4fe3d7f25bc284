#pragma once
// A decoder as Llama is one: root-mean-square norms in front of each half of a layer, attention of grouped queries with rotary positions,
// gated units. Other families say what they have otherwise.
//   x ← x + o(attention(q(n), k(n), v(n))),  n = norm(x)
//   x ← x + down(activation(gate(n)) · up(n)),  n = norm(x)
// Input: input_ids int64 [batch, sequence]. Output: logits [batch, sequence, vocabulary], of the weights' type.
#include <optional>
#include <string>

#include "core/formats/huggingface/architecture.h"
#include "core/formats/huggingface/causal_attention.h"
#include "core/formats/huggingface/decoder_config.h"
#include "core/formats/huggingface/graph_builder.h"
#include "core/formats/huggingface/norms.h"

namespace trimtab::formats::huggingface {

class RotaryDecoder {
public:
    RotaryDecoder(const DecoderConfig& config, Weights& weights) : m_builder(config.architecture, weights), m_config(config) {}
    virtual ~RotaryDecoder() = default;

    Result<Graph> build();

protected:
    /// Queries, keys and values of the new tokens.
    struct Projected {
        graph::ValueId query = graph::kNoValue, key = graph::kNoValue, value = graph::kNoValue;
    };
    /// `module`: "model.layers.0.self_attn".
    virtual Result<Projected> projected(const std::string& module, graph::ValueId x);
    /// The second half of a layer; `layer`: "model.layers.0".
    virtual Result<graph::ValueId> fedForward(const std::string& layer, graph::ValueId x);
    /// A norm's scale.
    virtual Result<graph::ValueId> scale(const std::string& module, std::int64_t size);
    virtual Result<graph::ValueId> embedded(graph::ValueId rows) { return rows; }
    /// What a half made, on its way to the sum; `half`: "attention" or "feedforward".
    virtual Result<graph::ValueId> leaving(const std::string& layer, const std::string& half, graph::ValueId x);
    /// The norm between the halves.
    virtual std::string middleNorm() const { return "post_attention_layernorm"; }
    virtual Result<graph::ValueId> finished(graph::ValueId logits) { return logits; }

    Result<RmsNorm> norm(const std::string& module, std::int64_t size);
    std::int64_t queryWidth() const { return m_config.heads * m_config.headSize; }
    std::int64_t keyWidth() const { return m_config.kvHeads * m_config.headSize; }

    GraphBuilder m_builder;
    const DecoderConfig& m_config;

private:
    Result<graph::ValueId> attended(std::int64_t layer, CausalAttention& attention, graph::ValueId x);
    Result<graph::ValueId> normalizedHeads(const std::string& module, graph::ValueId x, std::int64_t heads);
    Result<graph::ValueId> head(graph::ValueId x);

    CausalAttention::Tables m_tables, m_windowTables;
};

/// What checkpoints of such a decoder may hold beside its graph's tensors (Architecture::isSpare).
std::function<bool(const std::string& tensor)> spareIn(const DecoderConfig& config);

}  // namespace trimtab::formats::huggingface
