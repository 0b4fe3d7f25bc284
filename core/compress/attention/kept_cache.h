#pragma once
// How attention keeps its keys and values: a recipe's kv_cache on the nodes that read them, and what it saves.
#include "core/graph/attention/attention_nodes.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

/// Writes kvBits and kvPerChannel into the treatments of the products (or fused operators) that read keys and values.
Status treatCaches(Graph& graph, const recipe::Recipe& recipe);

/// Of all attentions of a graph. A range takes its lowest value and its scale, both float32.
struct CacheBytes {
    int attentions = 0;
    bool isKnown = true;         // false where the heads of one or their width stay open; the others are summed all the same
    double originalPerToken = 0;  // in float32
    double perToken = 0;          // codes, and the ranges that every token brings
    double fixed = 0;             // ranges that stay one for a sequence of any length: those of channels
};
CacheBytes cacheBytesOf(const Graph& graph);

}  // namespace trimtab::compress
