#pragma once
// Where a graph keeps keys and values: in attention written as MatMul(q, kᵀ) → … → Softmax → … → MatMul(p, v), with scalings, masks and
// layout between, and in the fused operators.
#include <optional>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::graph {

/// Attribute of a GroupQueryAttention without present caches: its new rows are written into the past ones, so that the tensors given to a
/// run are changed. Not an attribute of any file.
inline constexpr char kCachesInPlace[] = "trimtab_caches_in_place";

/// One attention. Of a fused operator both indices are its own.
struct AttentionNodes {
    int scores = -1;  // forms q · kᵀ
    int mix = -1;     // forms p · v
};

/// Attention and MultiHeadAttention of either domain, and GroupQueryAttention.
bool isFusedAttention(const Node& node);

/// In node order of their scores. A Softmax that is not the last axis', or that is reached by no product of two activations or by several,
/// is no attention of ours.
std::vector<AttentionNodes> attentionNodes(const Graph& graph);

/// Whether the value is a Softmax's result, but for casts, masks and layout. `producers`: of the graph.
bool comesFromSoftmax(const Graph& graph, const std::vector<int>& producers, ValueId value);

/// What the right operand of an attention's product holds.
enum class CachePart : std::uint8_t {
    Keys,    // of q · kᵀ: [..., channels, tokens]
    Values,  // of p · v: [..., tokens, channels]
};

/// What one attention keeps of a token, as attention reads it: heads that were repeated before count as often as they stand there.
struct CacheRow {
    std::int64_t heads = 0;
    std::int64_t channels = 0;  // of one head
};
/// By the inferred shapes; nullopt where an extent is open.
std::optional<CacheRow> cacheRowOf(const Graph& graph, const AttentionNodes& attention, CachePart part);

}  // namespace trimtab::graph
