#pragma once
// A decoder's graph as generation runs it: keys and values are written where they stand, lengths are inputs, the head is applied to the
// last token of each sequence alone, and the token that follows may be chosen at its end.
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/runtime/generation/token_choice.h"

namespace trimtab::runtime {

/// One attention's caches: inputs [batch, heads, capacity, size]; of few bits UInt8, `size` being the bytes of a row
/// (core/tensor/kept_row.h).
struct CacheInput {
    std::string key, value;
    DataType type = DataType::Undefined;
    std::int64_t heads = 0, size = 0;
};

/// Inputs of the graph: ids int64 [batch, tokens]; `lengths` int32 [batch], the tokens of each sequence in all, less one; `total` int32 [],
/// the longest length; `last` int64 [batch, 2], (sequence, its last new token); the caches, which a run changes. Output: logits float32
/// [batch, vocabulary], or the tokens of ChooseToken, int64 [batch], with an input `choices` of that operator. Where tokens' positions are
/// read, by learned tables or otherwise: `positionIds` int64 [batch, tokens].
struct CachedDecoder {
    Graph graph;
    std::string ids, lengths, total, last;
    std::string positionIds;  // empty: nothing reads positions
    std::string choices;      // empty: it answers with logits
    std::vector<CacheInput> caches;
    std::int64_t vocabulary = 0;
    std::int64_t positions = 0;  // that its tables have, rotary and learned ones; 0: there are none
};

/// From a graph whose attention is GroupQueryAttention, with caches among its inputs and outputs or without. Unsupported, naming what
/// stands in the way, for any other.
Result<CachedDecoder> cachedDecoder(const Graph& graph, Answer answer = Answer::Logits);

}  // namespace trimtab::runtime
