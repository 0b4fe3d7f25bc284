#pragma once
// Where a node's inputs hold what one of its subgraphs captures.
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::graph {

/// For each of the subgraph's outerNames, in their order: the index into `node.inputs` of the value that stands for it.
/// REQUIRES: `subgraph` is one of the node's, and node.captures counts capturedNames(node).
std::vector<std::size_t> capturePositions(const Node& node, const Graph& subgraph);

}  // namespace trimtab::graph
