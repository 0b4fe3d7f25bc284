#pragma once
// What constant folding needs from above: something that computes one node on concrete inputs. kernels/ref provides it.
#include <span>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::graph {

class NodeEvaluator {
public:
    virtual ~NodeEvaluator() = default;
    /// Inputs in the node's order; an undefined Tensor where an optional input is left out. One tensor for each output.
    /// Unsupported when no kernel knows the operator.
    virtual Result<std::vector<Tensor>> evaluate(const Node& node, std::span<const Tensor> inputs) = 0;
};

}  // namespace trimtab::graph
