#pragma once
// A graph on the GPU with the plans of the last few shape signatures.
#include <memory>
#include <vector>

#include "core/runtime/engine.h"
#include "kernels/cuda/device_plan.h"

namespace trimtab::cuda {

class CudaModel final : public runtime::CompiledModel {
public:
    CudaModel(Graph graph, std::shared_ptr<Tools> tools)
        : m_graph(std::move(graph)), m_tools(std::move(tools)), m_backend(m_tools), m_caches(m_graph) {}

    Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> inputs, trace::NodeListener* listener) override;
    Status prepare(std::span<const NamedTensor> inputs) override { return choosePlan(inputs); }
    const std::vector<trace::LayerRecord>& layers() const override;
    std::int64_t weightBytes() const override { return m_plans.empty() ? 0 : m_plans.front()->plan().weightBytes; }
    std::int64_t arenaBytes() const override { return m_plans.empty() ? 0 : m_plans.front()->plan().arenaBytes; }

    /// The plan of the last prepared or run signature. REQUIRES: there is one.
    DevicePlan& plan() { return *m_plans.front(); }

private:
    /// The plan for these inputs moves to the front, made when it is not there.
    Status choosePlan(std::span<const NamedTensor> inputs, trace::NodeListener* listener = nullptr);

    Graph m_graph;
    std::shared_ptr<Tools> m_tools;
    CudaBackend m_backend;
    plan::WeightStore m_weights;
    KeptCaches m_caches;
    std::vector<std::unique_ptr<DevicePlan>> m_plans;  // the last used first
};

}  // namespace trimtab::cuda
