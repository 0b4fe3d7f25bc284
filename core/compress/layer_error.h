#pragma once
// Errors that name their layer.
#include <utility>

#include "core/graph/graph.h"

namespace trimtab::compress {

/// The error with "layer NAME" as its context, where it has none of its own.
inline tl::unexpected<Error> atLayer(Error error, const graph::Node& node) {
    if (error.context.empty()) error.context = "layer " + node.name;
    return fail(std::move(error));
}

}  // namespace trimtab::compress
