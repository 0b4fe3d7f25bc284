#pragma once
// What a recipe asks of each node that forms products.
#include <vector>

#include "core/graph/graph.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

/// Of each node of the graph, in its order, what is left to do once whole units left; nothing for nodes that form no products. Refused,
/// naming the layer: scales of tokens for a convolution, and products of float64 in fewer bits.
Result<std::vector<recipe::Settings>> nodeSettings(const graph::Graph& graph, const recipe::Recipe& recipe);

}  // namespace trimtab::compress
