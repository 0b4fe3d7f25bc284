#include "core/graph/captures.h"

#include <algorithm>

namespace trimtab::graph {

std::vector<std::size_t> capturePositions(const Node& node, const Graph& subgraph) {
    const std::vector<std::string> names = capturedNames(node);
    std::vector<std::size_t> positions;
    for (const std::string& name : subgraph.outerNames) {
        const auto at = static_cast<std::size_t>(std::ranges::lower_bound(names, name) - names.begin());
        positions.push_back(node.inputs.size() - node.captures + at);
    }
    return positions;
}

}  // namespace trimtab::graph
