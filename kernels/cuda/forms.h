#pragma once
// In which type values are held between kernels. A value that ends in 16-bit products is held in their type from the node that makes it on,
// so that chains between products move half the bytes and need no conversions.
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::cuda {

/// For each value of a graph with known shapes: its declared type, or BFloat16 or Float16 in place of Float32.
std::vector<DataType> heldTypes(const Graph& graph);

/// The 16-bit type of a node's products, or Float32. Nodes of a declared 16-bit type compute in it.
DataType productType(const graph::Node& node, DataType declared);

}  // namespace trimtab::cuda
