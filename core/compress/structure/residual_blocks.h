#pragma once
// Blocks that can be skipped: x + f(x), of which x alone stays.
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::compress {

/// One sum x + f(x).
struct Residual {
    int sum = -1;                              // the Add
    graph::ValueId stream = graph::kNoValue;   // x
    std::vector<int> branch;                   // nodes between x and the sum, in order
    bool attends = false;                      // holds a product of two activations, or an attention operator
};

struct ResidualBlock {
    std::vector<Residual> residuals;  // in order; of a transformer block its attention and the feed-forward part behind it
    std::vector<int> layers;          // nodes of the branches with a weight of their own
    std::string reason;               // why it cannot be skipped; empty: it can

    graph::ValueId input() const { return residuals.front().stream; }
};

/// Sums of a value and of what is made of it by layers with weights, of one shape; innermost ones only. A residual whose branch attends and
/// the next one, which doesn't, are one block. Left alone when something outside reads a value of the branch.
std::vector<ResidualBlock> findBlocks(const Graph& graph);

/// The graph without these blocks: readers of their sums read x.
Result<Graph> withoutBlocks(const Graph& graph, const std::vector<const ResidualBlock*>& blocks);

/// The graph in its old size with the weights and biases of these blocks' layers zeroed.
Result<Graph> maskedBlocks(const Graph& graph, const std::vector<const ResidualBlock*>& blocks);

}  // namespace trimtab::compress
