#include "profiler/worker/segments.h"

#include <algorithm>

namespace trimtab::worker {
namespace {

using graph::Node;
using graph::ValueId;

/// As evaluate::scoredOutput() picks it.
ValueId scoredOutputOf(const Graph& graph) {
    const auto logits = std::ranges::find_if(graph.outputs, [&](ValueId id) { return graph.value(id).name == "logits"; });
    return logits != graph.outputs.end() ? *logits : graph.outputs.front();
}

/// Puts the further layers of each unit right behind the first: all they read stands before it, for they read nothing else.
void gatherUnits(CutModel& model, const Graph& graph) {
    std::vector<const compress::LayerUnit*> unitAt(graph.nodes.size(), nullptr);
    for (const compress::LayerUnit& unit : model.units) unitAt[unit.nodes.front()] = &unit;
    std::vector<std::size_t> place(graph.nodes.size(), graph.nodes.size());
    model.graph.nodes.clear();
    const auto put = [&](std::size_t node) {
        if (place[node] < graph.nodes.size()) return;
        place[node] = model.graph.nodes.size();
        model.graph.nodes.push_back(graph.nodes[node]);
    };
    for (std::size_t node = 0; node < graph.nodes.size(); ++node) {
        put(node);
        if (unitAt[node])
            for (const std::size_t member : unitAt[node]->nodes) put(member);
    }
    for (compress::LayerUnit& unit : model.units)
        for (std::size_t& node : unit.nodes) node = place[node];
}

bool isComputed(const Graph& graph, ValueId id) { return id != graph::kNoValue && !graph.value(id).isConstant(); }

std::set<ValueId> madeBy(const Graph& graph, std::size_t begin, std::size_t end) {
    std::set<ValueId> made;
    for (std::size_t i = begin; i < end; ++i)
        for (const ValueId id : graph.nodes[i].outputs)
            if (id != graph::kNoValue) made.insert(id);
    return made;
}

/// What the nodes read that they do not make.
std::set<ValueId> readFromBefore(const Graph& graph, std::size_t begin, std::size_t end) {
    std::set<ValueId> read;
    const std::set<ValueId> made = madeBy(graph, begin, end);
    for (std::size_t i = begin; i < end; ++i)
        for (const ValueId id : graph.nodes[i].inputs)
            if (isComputed(graph, id) && !made.contains(id)) read.insert(id);
    return read;
}

}  // namespace

Result<CutModel> cutModel(const Graph& graph) {
    if (graph.outputs.empty()) return fail(ErrorCode::Refused, "the model has no outputs");
    CutModel model;
    model.graph = graph;
    model.graph.outputs = {scoredOutputOf(graph)};
    model.graph.removeDeadNodes();
    const Graph alive = model.graph;
    model.units = compress::layerUnits(alive);
    if (model.units.empty()) return fail(ErrorCode::Refused, "the model has no layer that a recipe acts on");
    gatherUnits(model, alive);
    model.begins = {0};
    for (const compress::LayerUnit& unit : model.units) model.begins.push_back(unit.nodes.front());
    model.begins.push_back(model.graph.nodes.size());
    model.alive.resize(model.segments() + 1);
    model.alive.back() = {model.graph.outputs.front()};
    for (std::size_t s = model.segments(); s-- > 0;) {
        model.alive[s] = model.alive[s + 1];
        for (const ValueId id : madeBy(model.graph, model.begins[s], model.begins[s + 1])) model.alive[s].erase(id);
        model.alive[s].merge(readFromBefore(model.graph, model.begins[s], model.begins[s + 1]));
    }
    return model;
}

Graph segmentOf(const CutModel& model, std::size_t segment) {
    const std::size_t begin = model.begins[segment], end = model.begins[segment + 1];
    Graph graph = model.graph;
    graph.nodes.assign(model.graph.nodes.begin() + static_cast<std::ptrdiff_t>(begin),
                       model.graph.nodes.begin() + static_cast<std::ptrdiff_t>(end));
    const std::set<ValueId> read = readFromBefore(model.graph, begin, end);
    graph.inputs.assign(read.begin(), read.end());
    graph.outputs.clear();
    for (const ValueId id : madeBy(model.graph, begin, end))
        if (model.alive[segment + 1].contains(id)) graph.outputs.push_back(id);
    return graph;
}

Graph unitOf(const CutModel& model, std::size_t unit) {
    const auto& nodes = model.units[unit].nodes;
    Graph graph = model.graph;
    graph.nodes.clear();
    for (const std::size_t node : nodes) graph.nodes.push_back(model.graph.nodes[node]);
    const std::set<ValueId> read = readFromBefore(graph, 0, graph.nodes.size());
    graph.inputs.assign(read.begin(), read.end());
    graph.outputs.clear();
    for (const Node& node : graph.nodes)
        for (const ValueId id : node.outputs)
            if (id != graph::kNoValue) graph.outputs.push_back(id);
    // A weight that others read too must stay as it is for them: as an output it does.
    const auto readers = model.graph.consumers();
    for (const ValueId weight : model.units[unit].weights)
        if (readers[static_cast<std::size_t>(weight)].size() > 1) graph.outputs.push_back(weight);
    return graph;
}

Graph treatedSegment(const CutModel& model, std::size_t unit, const Graph& compressed) {
    Graph graph = segmentOf(model, unit + 1);
    for (std::size_t id = graph.values.size(); id < compressed.values.size(); ++id) graph.values.push_back(compressed.values[id]);
    for (const Node& node : compressed.nodes)
        for (const ValueId id : node.inputs)
            if (id != graph::kNoValue) graph.value(id) = compressed.value(id);
    const auto own = static_cast<std::ptrdiff_t>(model.units[unit].nodes.size());
    graph.nodes.erase(graph.nodes.begin(), graph.nodes.begin() + own);
    graph.nodes.insert(graph.nodes.begin(), compressed.nodes.begin(), compressed.nodes.end());
    return graph;
}

}  // namespace trimtab::worker
