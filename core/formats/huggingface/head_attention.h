#pragma once
// Attention as MatMul, Add, Softmax and MatMul over [batch, heads, tokens, size]: of every token to all that a bias leaves.
#include <optional>
#include <string>

#include "core/formats/huggingface/graph_builder.h"

namespace trimtab::formats::huggingface {

/// [batch, tokens, heads · size] as [batch, heads, tokens, size]; `isTurned`: as [batch, heads, size, tokens], which scores read of keys.
graph::ValueId headsOf(GraphBuilder& builder, const std::string& module, graph::ValueId x, std::int64_t heads, std::int64_t size,
                       bool isTurned);

struct HeadAttention {
    graph::ValueId query = graph::kNoValue, key = graph::kNoValue, value = graph::kNoValue;  // by headsOf(), keys turned
    graph::ValueId bias = graph::kNoValue;     // what is added to the scores [batch, heads, tokens, keys]; kNoValue: nothing
    std::optional<double> divisor = {};        // of the scores, before that
};
/// softmax(query · key / divisor + bias) · value, its heads side by side: [batch, tokens, width].
Result<graph::ValueId> attended(GraphBuilder& builder, const std::string& module, const HeadAttention& attention, std::int64_t width);

/// Of a mask int64 [batch, tokens] with 1 where a token is seen: 0 there, elsewhere the least number of the weights' type,
/// [batch, 1, 1, tokens].
Result<graph::ValueId> maskBias(GraphBuilder& builder, graph::ValueId mask);
/// `bias` (a scalar, or [heads, tokens, tokens]) where a token stands at or behind the other, elsewhere the least number of the weights'
/// type. `positions` int64 [tokens].
Result<graph::ValueId> causalBias(GraphBuilder& builder, const std::string& place, graph::ValueId positions, graph::ValueId bias);

}  // namespace trimtab::formats::huggingface
