#pragma once
// The calibration set run through a model, as far as compression wants to see it, on the engine of the study. What was computed up to a
// value is kept for the next, so that walking through all layers costs about one run of the model.
#include <map>
#include <memory>
#include <set>

#include "core/compress/activation_source.h"
#include "core/runtime/engine.h"
#include "profiler/worker/call.h"

namespace trimtab::worker {

class CalibrationRuns final : public compress::ActivationSource {
public:
    /// Each entry of `batches` holds one tensor for every graph input. The engine outlives this.
    CalibrationRuns(std::vector<std::vector<NamedTensor>> batches, runtime::Engine& engine, recipe::RunSetting setting, const Call& call);

    Status forEach(const Graph& graph, std::span<const graph::ValueId> values, const Take& take) override;
    void restart() override;

private:
    struct Stage;
    Stage stageFor(const Graph& graph, std::span<const graph::ValueId> values) const;
    Status runStage(const Stage& stage);
    void forgetBefore(const Graph& graph, const Stage& stage);

    using Tensors = std::vector<Tensor>;  // one a batch
    std::map<graph::ValueId, Tensors> m_known;
    std::set<std::string> m_done;  // names of the nodes that ran
    std::vector<std::vector<NamedTensor>> m_batches;
    runtime::Engine& m_engine;
    recipe::RunSetting m_setting;
    const Call& m_call;
};

}  // namespace trimtab::worker
