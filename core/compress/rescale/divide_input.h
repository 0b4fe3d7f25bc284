#pragma once
// The division of a value's columns for some of its readers.
#include <span>

#include "core/graph/graph.h"

namespace trimtab::compress {

/// After it the nodes in `readers` read x / scales, column by column (the last dim). A normalisation or a product with a constant row that
/// makes x, and that nobody else reads, takes the division into its constants; else a Mul is put before the first reader, which lists the
/// readers' origins. Indices of nodes behind it grow by one then. REQUIRES: scales.size() is x's last extent; readers ascend.
Status divideInput(Graph& graph, graph::ValueId x, std::span<const std::size_t> readers, std::span<const float> scales);

}  // namespace trimtab::compress
