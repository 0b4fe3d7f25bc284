#pragma once
// What the subgraphs of a graph's nodes take from it.
#include <set>
#include <string>

#include "core/graph/graph.h"

namespace trimtab::formats::onnx {

/// Names that bodies and branches below `graph` read from outside themselves.
inline std::set<std::string> capturedNames(const Graph& graph) {
    std::set<std::string> names;
    for (const graph::Node& node : graph.nodes)
        for (const auto& [key, attribute] : node.attributes)
            if (const auto* inner = std::get_if<std::shared_ptr<const Graph>>(&attribute); inner && *inner)
                names.insert((*inner)->outerNames.begin(), (*inner)->outerNames.end());
    return names;
}

}  // namespace trimtab::formats::onnx
