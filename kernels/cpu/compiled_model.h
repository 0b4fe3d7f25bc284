#pragma once
// A graph with the plans of the last few shape signatures.
#include <memory>
#include <string>
#include <vector>

#include "core/runtime/engine.h"
#include "kernels/cpu/cpu_backend.h"
#include "kernels/cpu/host_run.h"
#include "kernels/cpu/planning.h"

namespace trimtab::cpu {

class CpuModel final : public runtime::CompiledModel {
public:
    CpuModel(Graph graph, int threads) : m_graph(std::move(graph)), m_threads(threads) {}

    Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> inputs, trace::NodeListener* listener) override;
    Status prepare(std::span<const NamedTensor> inputs) override;
    const std::vector<trace::LayerRecord>& layers() const override;
    std::int64_t weightBytes() const override { return m_plans.empty() ? 0 : m_plans.front()->plan().weightBytes; }
    std::int64_t arenaBytes() const override { return m_plans.empty() ? 0 : m_plans.front()->plan().arenaBytes; }
    std::int64_t heldWeightBytes() const override;

private:
    /// The plan for these inputs moves to the front, made when it is not there.
    Status choosePlan(std::span<const NamedTensor> inputs, trace::NodeListener* listener = nullptr);

    Graph m_graph;
    int m_threads;
    CpuBackend m_backend;
    WeightStore m_weights;
    std::vector<std::unique_ptr<HostRun>> m_plans;  // the last used first
};

/// The graph fused and bound to nothing yet. Unsupported, naming every operator that nothing executes.
Result<std::unique_ptr<runtime::CompiledModel>> compileModel(const Graph& graph, int threads);

}  // namespace trimtab::cpu
