#include "core/compress/layer_units.h"

#include <algorithm>

#include <fmt/format.h>

namespace trimtab::compress {
namespace {

using graph::Node;
using graph::WeightUse;

/// Its only input that a run computes is the first.
bool readsOneValue(const Graph& graph, const Node& node) {
    if (!node.is("MatMul") && !node.is("Gemm")) return false;
    for (std::size_t i = 1; i < node.inputs.size(); ++i)
        if (node.inputs[i] != graph::kNoValue && !graph.value(node.inputs[i]).isConstant()) return false;
    return true;
}

bool belongsTo(const Graph& graph, const LayerUnit& unit, const Node& node) {
    const Node& first = graph.nodes[unit.nodes.front()];
    return first.input(0) == node.input(0) && readsOneValue(graph, first) && readsOneValue(graph, node);
}

std::vector<std::string> partsOf(const std::string& name) {
    std::vector<std::string> parts(1);
    for (const char c : name) {
        if (c == '/') parts.emplace_back();
        else parts.back() += c;
    }
    return parts;
}

}  // namespace

std::string joinedName(const std::vector<std::string>& names) {
    if (names.size() == 1) return names.front();
    std::vector<std::vector<std::string>> all;
    for (const std::string& name : names) all.push_back(partsOf(name));
    const std::size_t shortest = std::ranges::min(all, {}, [](const auto& parts) { return parts.size(); }).size();
    const auto agree = [&](auto partAt) {
        return std::ranges::all_of(all, [&](const auto& parts) { return partAt(parts) == partAt(all.front()); });
    };
    std::size_t front = 0, back = 0;
    while (front < shortest && agree([&](const auto& parts) { return parts[front]; })) ++front;
    while (back + front < shortest && agree([&](const auto& parts) { return parts[parts.size() - 1 - back]; })) ++back;
    const auto between = [](const std::vector<std::string>& parts, std::size_t begin, std::size_t end) {
        return fmt::format(
            "{}", fmt::join(parts.begin() + static_cast<std::ptrdiff_t>(begin), parts.begin() + static_cast<std::ptrdiff_t>(end), "/"));
    };
    std::vector<std::string> differing;
    for (const auto& parts : all) differing.push_back(between(parts, front, parts.size() - back));
    const auto& first = all.front();
    return fmt::format("{}{}{{{}}}{}{}", between(first, 0, front), front > 0 ? "/" : "", fmt::join(differing, ","), back > 0 ? "/" : "",
                       between(first, first.size() - back, first.size()));
}

std::vector<LayerUnit> layerUnits(const Graph& graph) {
    std::vector<LayerUnit> units;
    for (const WeightUse& use : graph::compressibleWeights(graph)) {
        const auto node = static_cast<std::size_t>(use.node);
        auto unit = std::ranges::find_if(units, [&](const LayerUnit& known) { return belongsTo(graph, known, graph.nodes[node]); });
        if (unit == units.end()) unit = units.insert(units.end(), LayerUnit{});
        unit->nodes.push_back(node);
        unit->weights.push_back(use.value);
        unit->parameters += use.rows * use.columns;
    }
    for (LayerUnit& unit : units) {
        std::vector<std::string> names;
        for (const std::size_t node : unit.nodes) names.push_back(graph.nodes[node].name);
        unit.name = joinedName(names);
    }
    return units;
}

}  // namespace trimtab::compress
