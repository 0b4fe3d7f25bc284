#pragma once
// Gated units of a graph: Mul(Silu(x · gate), x · up), whose products read their weights side by side in one kernel where that serves.
#include <map>

#include "core/graph/graph.h"

namespace trimtab::cuda {

struct GatedUnit {
    int gate = 0, up = 0;                     // nodes: products of the same x, without bias, under the same treatment
    graph::ValueId result = graph::kNoValue;  // of the Mul
};

/// By every value inside a unit (both products', the Silu's) and its result. Inside values are read once and are no outputs of the graph.
std::map<graph::ValueId, GatedUnit> gatedUnits(const graph::Graph& graph);

}  // namespace trimtab::cuda
