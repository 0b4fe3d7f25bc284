#pragma once
// Whether a graph mixes tokens nowhere but in attention over caches: only then may a step read the new tokens alone.
#include "core/graph/graph.h"

namespace trimtab::runtime {

/// Of the nodes that depend on `ids` each must treat tokens alike and apart, or be a GroupQueryAttention. Unsupported, naming the first
/// that may not. Known are element-wise operators (with constants that have one row), norms and sums over the last axis, gathers from a
/// table, products with a weight, and parts or joints of the last axis.
Status checkTokenWise(const Graph& graph, graph::ValueId ids);

}  // namespace trimtab::runtime
