#pragma once
// The division of values' columns for some of their readers.
#include <span>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::compress {

struct Division {
    graph::ValueId value = graph::kNoValue;
    std::vector<std::size_t> readers;  // nodes that read it as input 0, ascending
    std::vector<float> scales;         // one for each column (the last dim) of the value
};

/// After it the readers of each division read value / scales. A normalisation or a product with a constant row that makes the value, and
/// that nobody else reads, takes the division into its constants; else a Mul is put before the first reader, which lists the readers'
/// origins. Nodes are counted as the graph has them before. REQUIRES: scales of the right size; no node stands in two divisions.
Status divideInputs(Graph& graph, std::span<const Division> divisions);

}  // namespace trimtab::compress
