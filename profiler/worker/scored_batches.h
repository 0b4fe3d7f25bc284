#pragma once
// The data that a sensitivity table is measured on: batches, and how outputs on them are scored.
#include <memory>
#include <vector>

#include "core/dataset/dataset.h"
#include "core/evaluate/evaluate.h"
#include "core/ipc/sensitivity_request.h"
#include "profiler/worker/call.h"

namespace trimtab::worker {

class ScoredBatches {
public:
    static Result<ScoredBatches> open(const Graph& graph, const ipc::SensitivityRequest& request);

    const std::vector<std::vector<NamedTensor>>& batches() const { return m_batches; }
    std::int64_t samples() const { return m_samples; }

    /// Runs the model on every batch in order. Without labels the outputs are scored against `reference`, one output a batch.
    Result<evaluate::Evaluation> score(runtime::CompiledModel& model, const std::vector<Tensor>& reference,
                                       const evaluate::Progress& progress) const;

private:
    std::shared_ptr<const dataset::Dataset> m_data;  // none: fidelity
    std::string m_metric;
    std::int64_t m_batch = 1;
    bool m_fullBatches = false;
    std::int64_t m_samples = 0;
    std::vector<std::vector<NamedTensor>> m_batches;
};

}  // namespace trimtab::worker
