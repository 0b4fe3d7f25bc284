#pragma once
// Symbols of graph inputs. Anonymous dims get the name "input:axis", so that every open extent has one.
#include "core/graph/graph.h"

namespace trimtab::graph::shapes {

void nameOpenDims(Graph& graph);

}  // namespace trimtab::graph::shapes
