#pragma once
// Layers that stand or fall together: matrix products that read one value (q, k and v; gate and up) are one unit, because whoever treats
// one of them alike treats all, and their input is rounded once. Every other layer is a unit by itself.
#include <string>
#include <vector>

#include "core/graph/weights.h"

namespace trimtab::compress {

struct LayerUnit {
    std::string name;                    // "/blocks.0/attn/{q,k,v}/MatMul"
    std::vector<std::size_t> nodes;      // indices into graph.nodes, ascending
    std::int64_t parameters = 0;         // of the weights
    std::vector<graph::ValueId> weights; // in the order of `nodes`
};

/// In the order of their first nodes. A layer whose weight other layers read too (tied) counts with its first reader.
std::vector<LayerUnit> layerUnits(const Graph& graph);

/// Common beginning and end of the names' parts between slashes, what differs in braces. REQUIRES: not empty.
std::string joinedName(const std::vector<std::string>& names);

}  // namespace trimtab::compress
