#pragma once
// What a node costs by its shapes: operations (a multiply-add is 2), bytes of weights and of activations read and written.
#include <cstdint>
#include <optional>

#include "core/graph/graph.h"

namespace trimtab::graph {

struct NodeCost {
    double operations = 0;
    std::int64_t parameters = 0;       // elements of floating constant inputs
    std::int64_t weightBytes = 0;      // as stored: packed size for quantised weights
    std::int64_t activationBytes = 0;  // non-constant inputs and outputs at their types
};

/// nullopt when a shape that matters is not known.
std::optional<NodeCost> costOf(const Graph& graph, const Node& node);

}  // namespace trimtab::graph
