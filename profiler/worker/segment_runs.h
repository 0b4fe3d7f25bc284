#pragma once
// Runs of a model that was cut into segments: forward over a set of batches, keeping what later segments read; and from a segment on, as a
// model of its own that evaluations can run.
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/runtime/engine.h"
#include "profiler/worker/segments.h"

namespace trimtab::worker {

/// Values of one batch by their ids.
using Values = std::map<graph::ValueId, Tensor>;

/// A segment on an engine.
struct CompiledSegment {
    Graph graph;
    std::unique_ptr<runtime::CompiledModel> model;

    /// What the segment reads of `known`, by name.
    std::vector<NamedTensor> inputsFrom(const Values& known) const;
    /// Adds what it makes to `values`: views of the model's memory until its next run.
    Status run(Values& values) const;
};

Result<CompiledSegment> compileSegment(Graph graph, runtime::Engine& engine, const recipe::RunSetting& setting);

/// Where a set of batches stands between two segments.
class Frontier {
public:
    /// Each batch holds one tensor for every input of the model.
    static Result<Frontier> begin(const CutModel& model, const std::vector<std::vector<NamedTensor>>& batches);

    const std::vector<Values>& batches() const { return m_batches; }
    /// Runs one segment on every batch and forgets what no later one reads. `cancelled` is polled before each.
    Status advance(const CutModel& model, std::size_t segment, const CompiledSegment& compiled, const std::function<bool()>& cancelled);

private:
    std::vector<Values> m_batches;
};

/// The rest of a model from a frontier on. Each run takes the next batch of the frontier, whatever inputs it is given: whoever evaluates
/// runs the same batches in the same order.
class TailModel final : public runtime::CompiledModel {
public:
    /// Called with each output, in the order of the batches.
    using Seen = std::function<Status(std::size_t batch, const Tensor& output)>;

    /// REQUIRES: what is pointed to outlives this.
    TailModel(const CutModel& model, const Frontier& frontier, std::vector<const CompiledSegment*> segments, Seen seen)
        : m_model(model), m_frontier(frontier), m_segments(std::move(segments)), m_seen(std::move(seen)) {}

    Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> inputs, trace::NodeListener* listener = nullptr) override;
    Status prepare(std::span<const NamedTensor>) override { return {}; }
    const std::vector<trace::LayerRecord>& layers() const override { return m_layers; }
    std::int64_t weightBytes() const override { return 0; }
    std::int64_t arenaBytes() const override { return 0; }

private:
    const CutModel& m_model;
    const Frontier& m_frontier;
    std::vector<const CompiledSegment*> m_segments;
    Seen m_seen;
    std::size_t m_next = 0;
    std::vector<trace::LayerRecord> m_layers;
};

}  // namespace trimtab::worker
