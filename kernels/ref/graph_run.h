#pragma once
// Runs the nodes of a graph in order, each by a function, and lets go of every value after its last reader.
#include <functional>
#include <vector>

#include "core/graph/graph.h"
#include "core/trace/node_scope.h"
#include "kernels/ref/reference.h"

namespace trimtab::ref {

/// Node by index, its inputs in order (an undefined Tensor where one is left out) → its outputs.
using NodeRunner = std::function<Result<std::vector<RunValue>>(std::size_t index, std::span<const RunValue> inputs)>;

/// For each value the index of the last node that reads it; −1 for unread ones; nodes.size() for graph outputs.
std::vector<std::size_t> lastReaders(const Graph& graph);

/// `inputs` in the order of graph.inputs; constants by value id (an undefined Tensor where there is none). Outputs in graph order.
/// The scope of node i is layer i. Refused when a value is read that nothing made.
Result<std::vector<RunValue>> runGraph(const Graph& graph, std::span<const Tensor> constants, std::vector<RunValue> inputs,
                                       const NodeRunner& runNode, trace::NodeListener* listener = nullptr);

/// The constants of a graph as tensors in aligned memory, quantised ones dequantised. Refused for weights that were not read.
Result<std::vector<Tensor>> constantTensors(const Graph& graph);

/// The whole graph by evaluate(), sequences allowed anywhere; treatments are not looked at.
Result<std::vector<RunValue>> evaluateGraph(const Graph& graph, std::vector<RunValue> inputs);

}  // namespace trimtab::ref
