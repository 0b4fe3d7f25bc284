#include "kernels/plan/part.h"

#include <algorithm>
#include <map>

#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "kernels/ref/graph_run.h"

namespace trimtab::plan {
namespace {

using ref::RunValue;

bool holdsTensor(const Graph& graph, graph::ValueId id) { return !graph.value(id).type.isSequence && !graph.value(id).type.isOptional; }
bool isTensor(const RunValue& value) { return std::holds_alternative<Tensor>(value) && std::get<Tensor>(value).defined(); }

}  // namespace

Part::Part(Graph graph, CompilePart compile) : m_graph(std::move(graph)), m_compile(std::move(compile)) {
    m_inputs = m_graph.inputs;
    m_graph.outerNames.clear();
    m_graph.inputs.clear();
    for (std::size_t i = 0; i < m_inputs.size(); ++i) {
        if (m_graph.value(m_inputs[i]).isConstant()) continue;
        m_graph.inputs.push_back(m_inputs[i]);
        m_open.push_back(i);
    }
}

/// Element types and ranks are those of these inputs; extents may differ from run to run, and symbols of a part mean nothing outside it.
Status Part::compile(const std::vector<RunValue>& inputs) {
    Graph graph = m_graph;
    m_forms = formsOf(inputs);
    for (std::size_t k = 0; k < m_open.size(); ++k) {
        graph::ValueType& type = graph.value(m_inputs[m_open[k]]).type;
        type.type = m_forms[k].type;
        type.dims.emplace(static_cast<std::size_t>(m_forms[k].rank));
    }
    for (const graph::Node& node : graph.nodes)
        for (const graph::ValueId id : node.outputs)
            if (id != graph::kNoValue) graph.value(id).type.dims.reset();
    TRIMTAB_REQUIRE(graph::inferShapes(graph));
    m_makesTensors = std::ranges::all_of(graph.outputs, [&](graph::ValueId id) { return holdsTensor(graph, id); });
    if (!m_makesTensors) return {};
    ref::ReferenceEvaluator evaluator;
    TRIMTAB_REQUIRE(graph::simplify(graph, evaluator));
    TRIMTAB_TRY(m_model, m_compile(graph));
    return {};
}

std::vector<Part::Form> Part::formsOf(const std::vector<RunValue>& inputs) const {
    std::vector<Form> forms;
    for (const std::size_t i : m_open) forms.push_back({std::get<Tensor>(inputs[i]).type(), std::get<Tensor>(inputs[i]).shape().rank()});
    return forms;
}

Result<std::vector<RunValue>> Part::interpret(std::vector<RunValue> inputs) const {
    Graph graph = m_graph;
    graph.inputs = m_inputs;
    return ref::evaluateGraph(graph, std::move(inputs));
}

Result<std::vector<RunValue>> Part::run(std::vector<RunValue> inputs) {
    if (!std::ranges::all_of(m_open, [&](std::size_t i) { return isTensor(inputs[i]); })) return interpret(std::move(inputs));
    if (m_makesTensors && (!m_model || formsOf(inputs) != m_forms)) TRIMTAB_REQUIRE(compile(inputs));
    if (!m_makesTensors) return interpret(std::move(inputs));
    std::vector<NamedTensor> named;
    for (const std::size_t i : m_open) named.push_back({m_graph.value(m_inputs[i]).name, std::get<Tensor>(inputs[i])});
    TRIMTAB_TRY(const std::vector<NamedTensor> made, m_model->run(named));
    std::vector<RunValue> outputs;
    for (const NamedTensor& each : made) {
        TRIMTAB_TRY(Tensor kept, each.tensor.clone());  // the next run uses the same memory
        outputs.emplace_back(std::move(kept));
    }
    return outputs;
}

Graph graphOf(const Graph& graph, const graph::Node& node) {
    Graph part;
    part.name = node.name;
    part.opsets = graph.opsets;
    graph::Node alone = node;
    std::map<graph::ValueId, graph::ValueId> moved;
    const auto move = [&](graph::ValueId& id) {
        if (id == graph::kNoValue) return false;
        const auto [entry, isNew] = moved.try_emplace(id, graph::kNoValue);
        if (isNew) entry->second = part.addValue(graph.value(id));
        id = entry->second;
        return isNew;
    };
    for (graph::ValueId& id : alone.inputs)
        if (move(id)) part.inputs.push_back(id);
    for (graph::ValueId& id : alone.outputs)
        if (move(id)) part.outputs.push_back(id);
    part.nodes.push_back(std::move(alone));
    return part;
}

}  // namespace trimtab::plan
