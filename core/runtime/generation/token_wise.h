#pragma once
// Whether a graph mixes tokens nowhere but in attention over caches: only then may a step read the new tokens alone.
#include <string_view>

#include "core/graph/graph.h"

namespace trimtab::runtime {

/// Operators by their names: of one element alone, norms of a row, products with a weight.
bool isElementwise(std::string_view op);
bool isNorm(std::string_view op);
bool isProduct(std::string_view op);

/// Of the nodes that depend on `perToken` (what each token brings: its id, its position) each must treat tokens alike and apart, or be a
/// GroupQueryAttention. Unsupported, naming the first that may not. Known are element-wise operators (with constants that have one row),
/// norms and sums over the last axis, gathers from a table, products with a weight, parts, joints and orders of the last axis, and reshapes
/// of what stands behind batch and tokens.
Status checkTokenWise(const Graph& graph, const std::vector<graph::ValueId>& perToken);

}  // namespace trimtab::runtime
