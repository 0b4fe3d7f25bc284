#pragma once
// Shape inference with symbolic dims. Rules never run the model: those that need values (Reshape, Slice, …) read constants,
// and follow small integer tensors symbolically (Shape → Gather → Concat → Reshape), so that shape arithmetic needs no evaluator.
// A rule that cannot tell leaves unknown dims; a contradiction is Refused with the node's name.
#include <map>
#include <string>

#include "core/graph/graph.h"

namespace trimtab::graph {

/// Fills value.type of every node output. Keeps what the file declared where inference knows less;
/// refuses negative, overflowing (more than 2^62 bytes) and contradictory shapes. Unknown operators leave their outputs as declared.
Status inferShapes(Graph& graph);

/// Binds graph inputs to concrete shapes, by name, and replaces symbols everywhere (a symbol bound twice to different extents is
/// Refused), then infers. Inputs that are not named keep their declared shape.
Status bindInputShapes(Graph& graph, const std::map<std::string, Shape>& shapes);

/// The symbols of graph inputs that are still open, in order of appearance ("batch", "sequence"; anonymous dims as "input:axis").
std::vector<std::string> openSymbols(const Graph& graph);

/// True when a shape rule exists for this operator.
bool hasShapeRule(const Node& node);

}  // namespace trimtab::graph
