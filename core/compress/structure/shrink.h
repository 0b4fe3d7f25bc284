#pragma once
// Units leave: rows and columns of weights go, shapes follow.
#include <vector>

#include "core/compress/structure/unit_groups.h"

namespace trimtab::compress {

/// The graph without the units u for which leaves[u] is true: smaller constants, entries of shapes, groups of depthwise convolutions; types
/// inferred again. Nodes keep their names. What a masked graph computes, this one does.
/// REQUIRES: groups of this graph; leaving units are of groups without a reason, and at least one unit of each group stays.
Result<Graph> shrunk(const Graph& graph, const UnitGroups& found, const std::vector<bool>& leaves);

/// The graph in its old size with the weights of these units zeroed: rows of what makes them and columns of what reads them.
Result<Graph> masked(const Graph& graph, const UnitGroups& found, const std::vector<bool>& leaves);

}  // namespace trimtab::compress
