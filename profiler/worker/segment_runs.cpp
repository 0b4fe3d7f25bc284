#include "profiler/worker/segment_runs.h"

#include <algorithm>

namespace trimtab::worker {

using graph::ValueId;

std::vector<NamedTensor> CompiledSegment::inputsFrom(const Values& known) const {
    std::vector<NamedTensor> inputs;
    for (const ValueId id : graph.inputs) {
        const auto value = known.find(id);
        assert(value != known.end());
        inputs.push_back({graph.value(id).name, value->second});
    }
    return inputs;
}

Status CompiledSegment::run(Values& values) const {
    if (graph.nodes.empty()) return {};
    TRIMTAB_TRY(auto outputs, model->run(inputsFrom(values)));
    for (std::size_t i = 0; i < outputs.size(); ++i) values.insert_or_assign(graph.outputs[i], std::move(outputs[i].tensor));
    return {};
}

Result<CompiledSegment> compileSegment(Graph graph, runtime::Engine& engine, const recipe::RunSetting& setting) {
    CompiledSegment segment;
    segment.graph = std::move(graph);
    if (segment.graph.nodes.empty()) return segment;
    recipe::RunSetting open = setting;  // a segment's inputs are not those of the model that shapes are said for
    open.batch = 0;
    open.shapes.clear();
    TRIMTAB_TRY(segment.model, engine.compile(segment.graph, open));
    return segment;
}

Result<Frontier> Frontier::begin(const CutModel& model, const std::vector<std::vector<NamedTensor>>& batches) {
    Frontier frontier;
    for (const auto& batch : batches) {
        Values values;
        for (const ValueId id : model.graph.inputs) {
            const std::string& name = model.graph.value(id).name;
            const auto given = std::ranges::find(batch, name, &NamedTensor::name);
            if (given == batch.end()) return fail(ErrorCode::Refused, "the data have nothing for the input " + name);
            values.emplace(id, given->tensor);
        }
        frontier.m_batches.push_back(std::move(values));
    }
    return frontier;
}

Status Frontier::advance(const CutModel& model, std::size_t segment, const CompiledSegment& compiled,
                         const std::function<bool()>& cancelled) {
    const auto& alive = model.alive[segment + 1];
    for (Values& values : m_batches) {
        if (cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
        TRIMTAB_REQUIRE(compiled.run(values));
        std::erase_if(values, [&](const auto& entry) { return !alive.contains(entry.first); });
        for (const ValueId id : compiled.graph.outputs) {
            if (!alive.contains(id)) continue;
            TRIMTAB_TRY(values[id], values[id].clone());
        }
    }
    return {};
}

Result<std::vector<NamedTensor>> TailModel::run(std::span<const NamedTensor>, trace::NodeListener*) {
    if (m_next >= m_frontier.batches().size()) return fail(ErrorCode::Failed, "more batches are evaluated than were prepared");
    const std::size_t batch = m_next++;
    Values values = m_frontier.batches()[batch];
    for (const CompiledSegment* segment : m_segments) TRIMTAB_REQUIRE(segment->run(values));
    const ValueId output = m_model.graph.outputs.front();
    if (m_seen) TRIMTAB_REQUIRE(m_seen(batch, values.at(output)));
    return std::vector<NamedTensor>{{m_model.graph.value(output).name, values.at(output)}};
}

}  // namespace trimtab::worker
