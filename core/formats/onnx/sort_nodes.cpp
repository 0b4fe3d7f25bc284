// Topological order (Kahn 1962), stable: of the nodes that are ready, the one that stands first in the file comes next.
#include <functional>
#include <queue>

#include <fmt/format.h>

#include "core/formats/onnx/graph_import.h"

namespace trimtab::formats::onnx {
namespace {

using graph::kNoValue;
using graph::ValueId;

/// For each node: the nodes whose results it or its subgraphs read; a node may stand twice.
std::vector<std::vector<int>> predecessors(const Graph& graph) {
    std::vector<int> maker(graph.values.size(), -1);
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
        for (const ValueId id : graph.nodes[n].outputs)
            if (id != kNoValue) maker[static_cast<std::size_t>(id)] = static_cast<int>(n);

    std::vector<std::vector<int>> before(graph.nodes.size());
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        for (const ValueId id : graph.nodes[n].inputs) {
            const int made = id == kNoValue ? -1 : maker[static_cast<std::size_t>(id)];
            if (made >= 0) before[n].push_back(made);
        }
    }
    return before;
}

bool inOrder(const std::vector<std::vector<int>>& before) {
    for (std::size_t n = 0; n < before.size(); ++n)
        for (const int made : before[n])
            if (made >= static_cast<int>(n)) return false;
    return true;
}

/// Every node that is left has a predecessor that is left, so walking backwards must come round.
int nodeOnCycle(const std::vector<std::vector<int>>& before, const std::vector<bool>& placed) {
    std::vector<bool> seen(before.size(), false);
    int at = 0;
    while (placed[static_cast<std::size_t>(at)]) ++at;
    while (!seen[static_cast<std::size_t>(at)]) {
        seen[static_cast<std::size_t>(at)] = true;
        for (const int made : before[static_cast<std::size_t>(at)]) {
            if (placed[static_cast<std::size_t>(made)]) continue;
            at = made;
            break;
        }
    }
    return at;
}

}  // namespace

Status sortNodes(ImportContext& context, Graph& graph) {
    const auto before = predecessors(graph);
    if (inOrder(before)) return {};
    std::vector<std::vector<int>> after(before.size());
    std::vector<int> waiting(before.size(), 0);
    std::priority_queue<int, std::vector<int>, std::greater<>> ready;
    for (std::size_t n = 0; n < before.size(); ++n) {
        waiting[n] = static_cast<int>(before[n].size());
        for (const int made : before[n]) after[static_cast<std::size_t>(made)].push_back(static_cast<int>(n));
        if (before[n].empty()) ready.push(static_cast<int>(n));
    }
    std::vector<int> order;
    std::vector<bool> placed(before.size(), false);
    while (!ready.empty()) {
        const int next = ready.top();
        ready.pop();
        order.push_back(next);
        placed[static_cast<std::size_t>(next)] = true;
        for (const int reader : after[static_cast<std::size_t>(next)])
            if (--waiting[static_cast<std::size_t>(reader)] == 0) ready.push(reader);
    }
    if (order.size() < before.size()) {
        const graph::Node& node = graph.nodes[static_cast<std::size_t>(nodeOnCycle(before, placed))];
        TRIMTAB_REQUIRE(context.problem(
            {ErrorCode::Refused, fmt::format("the graph has a cycle through the node {} ({})", cited(node.name), node.op)}));
        for (std::size_t n = 0; n < before.size(); ++n)
            if (!placed[n]) order.push_back(static_cast<int>(n));
    }
    std::vector<graph::Node> sorted;
    sorted.reserve(order.size());
    for (const int n : order) sorted.push_back(std::move(graph.nodes[static_cast<std::size_t>(n)]));
    graph.nodes = std::move(sorted);
    return {};
}

}  // namespace trimtab::formats::onnx
