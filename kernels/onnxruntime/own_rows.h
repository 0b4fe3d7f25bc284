#pragma once
// The nodes that ONNX Runtime made of a graph, as rows of a plan: each with the nodes that it grew from, and their work summed.
#include <vector>

#include "core/graph/graph.h"
#include "core/trace/layer_record.h"

namespace trimtab::onnxruntime {

/// A row for each node of `rewritten`, which ONNX Runtime wrote after its optimisations. A node grew from those whose results it makes, and
/// from those that are gone and fed them; what only brings values into another form belongs to the node that reads it, or made it.
/// `rows` are those of `graph`, whose shapes are bound. REQUIRES: as many rows as the graph has nodes.
std::vector<trace::LayerRecord> ownRows(const Graph& graph, const std::vector<trace::LayerRecord>& rows, const Graph& rewritten);

}  // namespace trimtab::onnxruntime
