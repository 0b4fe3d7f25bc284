#pragma once
// Shape arithmetic whose result is known without running anything.
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::graph::shapes {

struct KnownContent {
    ValueId value = kNoValue;
    Tensor tensor;
};

/// Infers shapes, then lists node outputs of type int64, int32 or bool all of whose elements came out known.
Result<std::vector<KnownContent>> knownContents(Graph& graph);

}  // namespace trimtab::graph::shapes
