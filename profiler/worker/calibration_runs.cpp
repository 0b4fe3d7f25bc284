#include "profiler/worker/calibration_runs.h"

#include <algorithm>

namespace trimtab::worker {

/// The nodes between what is known and what is wanted, as a graph of its own.
struct CalibrationRuns::Stage {
    Graph graph;
    std::vector<graph::ValueId> outputs;  // ids in the whole graph, in the order of graph.outputs
};

CalibrationRuns::CalibrationRuns(std::vector<std::vector<NamedTensor>> batches, runtime::Engine& engine, recipe::RunSetting setting,
                                 const Call& call)
    : m_batches(std::move(batches)), m_engine(engine), m_setting(std::move(setting)), m_call(call) {
    m_setting.batch = 0;
    m_setting.shapes.clear();
}

CalibrationRuns::Stage CalibrationRuns::stageFor(const Graph& graph, std::span<const graph::ValueId> values) const {
    std::vector<bool> wanted(graph.values.size(), false), read(graph.values.size(), false);
    for (const graph::ValueId value : values) wanted[static_cast<std::size_t>(value)] = !m_known.contains(value);
    Stage stage;
    stage.graph = graph;
    stage.graph.nodes.clear();
    std::set<std::string> runs;
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
        const bool needed = std::ranges::any_of(node->outputs, [&](graph::ValueId id) {
            return id != graph::kNoValue && wanted[static_cast<std::size_t>(id)];
        });
        if (!needed) continue;
        runs.insert(node->name);
        stage.graph.nodes.push_back(*node);
        for (const graph::ValueId id : node->inputs) {
            if (id == graph::kNoValue || graph.value(id).isConstant()) continue;
            read[static_cast<std::size_t>(id)] = true;
            wanted[static_cast<std::size_t>(id)] = !m_known.contains(id);
        }
    }
    std::ranges::reverse(stage.graph.nodes);

    // What comes out: what was asked for, and what later nodes will read of the nodes that run now.
    std::vector<bool> later(graph.values.size(), false);
    for (const graph::Node& node : graph.nodes) {
        if (runs.contains(node.name) || m_done.contains(node.name)) continue;
        for (const graph::ValueId id : node.inputs)
            if (id != graph::kNoValue) later[static_cast<std::size_t>(id)] = true;
    }
    for (const graph::ValueId value : values)
        if (!m_known.contains(value)) later[static_cast<std::size_t>(value)] = true;
    const std::set<graph::ValueId> modelInputs(graph.inputs.begin(), graph.inputs.end());
    stage.graph.inputs.clear();
    for (std::size_t id = 0; id < graph.values.size(); ++id) {
        const auto value = static_cast<graph::ValueId>(id);
        if (read[id] && (modelInputs.contains(value) || m_known.contains(value))) stage.graph.inputs.push_back(value);
    }
    for (const graph::Node& node : stage.graph.nodes)
        for (const graph::ValueId id : node.outputs)
            if (id != graph::kNoValue && later[static_cast<std::size_t>(id)] && !m_known.contains(id)) stage.outputs.push_back(id);
    stage.graph.outputs = stage.outputs;
    return stage;
}

Status CalibrationRuns::runStage(const Stage& stage) {
    if (stage.outputs.empty()) return {};
    TRIMTAB_TRY(const auto model, m_engine.compile(stage.graph, m_setting));
    for (std::size_t batch = 0; batch < m_batches.size(); ++batch) {
        if (m_call.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
        std::vector<NamedTensor> inputs;
        for (const graph::ValueId id : stage.graph.inputs) {
            const std::string& name = stage.graph.value(id).name;
            if (const auto known = m_known.find(id); known != m_known.end()) {
                inputs.push_back({name, known->second[batch]});
                continue;
            }
            const auto given = std::ranges::find(m_batches[batch], name, &NamedTensor::name);
            if (given == m_batches[batch].end()) return fail(ErrorCode::Refused, "the calibration data have nothing for the input " + name);
            inputs.push_back(*given);
        }
        TRIMTAB_TRY(const auto outputs, model->run(inputs));
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            TRIMTAB_TRY(Tensor kept, outputs[i].tensor.clone());
            m_known[stage.outputs[i]].push_back(std::move(kept));
        }
    }
    return {};
}

/// What no node reads that has yet to run.
void CalibrationRuns::forgetBefore(const Graph& graph, const Stage& stage) {
    for (const graph::Node& node : stage.graph.nodes) m_done.insert(node.name);
    std::set<graph::ValueId> later;
    for (const graph::Node& node : graph.nodes)
        if (!m_done.contains(node.name)) later.insert(node.inputs.begin(), node.inputs.end());
    std::erase_if(m_known, [&](const auto& entry) { return !later.contains(entry.first); });
}

void CalibrationRuns::restart() {
    m_known.clear();
    m_done.clear();
}

Status CalibrationRuns::forEach(const Graph& graph, std::span<const graph::ValueId> values, const Take& take) {
    const Stage stage = stageFor(graph, values);
    TRIMTAB_REQUIRE(runStage(stage));
    for (std::size_t batch = 0; batch < m_batches.size(); ++batch) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto known = m_known.find(values[i]);
            if (known != m_known.end()) {
                TRIMTAB_REQUIRE(take(i, known->second[batch]));
                continue;
            }
            const auto given = std::ranges::find(m_batches[batch], graph.value(values[i]).name, &NamedTensor::name);
            if (given == m_batches[batch].end())
                return fail(ErrorCode::Refused, "no calibration run reaches " + graph.value(values[i]).name);
            TRIMTAB_REQUIRE(take(i, given->tensor));
        }
    }
    forgetBefore(graph, stage);
    return {};
}

}  // namespace trimtab::worker
