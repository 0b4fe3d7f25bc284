#include "kernels/plan/part.h"

#include <algorithm>
#include <map>

#include "core/graph/passes/passes.h"
#include "kernels/ref/graph_run.h"

namespace trimtab::plan {
namespace {

using ref::RunValue;

bool isTensor(const RunValue& value) { return std::holds_alternative<Tensor>(value) && std::get<Tensor>(value).defined(); }

}  // namespace

Part::Part(Graph graph, CompilePart compile) : m_graph(std::move(graph)), m_compile(std::move(compile)) {
    m_inputs = m_graph.inputs;
    m_graph.outerNames.clear();
    const auto holdsTensor = [&](graph::ValueId id) { return !m_graph.value(id).type.isSequence && !m_graph.value(id).type.isOptional; };
    if (!std::ranges::all_of(m_inputs, holdsTensor) || !std::ranges::all_of(m_graph.outputs, holdsTensor)) m_interpreted = m_graph;
    m_graph.inputs.clear();
    for (std::size_t i = 0; i < m_inputs.size(); ++i) {
        if (m_graph.value(m_inputs[i]).isConstant()) continue;
        m_graph.inputs.push_back(m_inputs[i]);
        m_open.push_back(i);
    }
}

/// Types are those of the first run; shapes may differ from run to run, and symbols of a part mean nothing outside it.
Status Part::compile(const std::vector<RunValue>& inputs) {
    for (const std::size_t i : m_open) {
        const Tensor& tensor = std::get<Tensor>(inputs[i]);
        graph::ValueType& type = m_graph.value(m_inputs[i]).type;
        type.type = tensor.type();
        type.dims.emplace(static_cast<std::size_t>(tensor.shape().rank()));
    }
    for (const graph::Node& node : m_graph.nodes)
        for (const graph::ValueId id : node.outputs)
            if (id != graph::kNoValue) m_graph.value(id).type.dims.reset();
    ref::ReferenceEvaluator evaluator;
    TRIMTAB_REQUIRE(graph::simplify(m_graph, evaluator));
    TRIMTAB_TRY(m_model, m_compile(m_graph));
    return {};
}

Result<std::vector<RunValue>> Part::run(std::vector<RunValue> inputs) {
    if (!m_interpreted && !std::ranges::all_of(m_open, [&](std::size_t i) { return isTensor(inputs[i]); })) {
        m_interpreted = m_graph;
        m_interpreted->inputs = m_inputs;
    }
    if (m_interpreted) return ref::evaluateGraph(*m_interpreted, std::move(inputs));
    if (!m_model) TRIMTAB_REQUIRE(compile(inputs));
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
