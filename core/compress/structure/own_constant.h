#pragma once
// A constant of a node that becomes another one, for that node alone.
#include "core/graph/graph.h"

namespace trimtab::compress {

/// Gives input `input` of the node a constant; the value itself changes when nothing else reads it.
void replaceConstant(Graph& graph, int node, std::size_t input, Tensor tensor);

}  // namespace trimtab::compress
