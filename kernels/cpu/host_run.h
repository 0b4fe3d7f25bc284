#pragma once
// A plan in host memory, run from its first step to its last.
#include <memory>
#include <span>
#include <vector>

#include "core/trace/node_scope.h"
#include "kernels/cpu/planning.h"

namespace trimtab::cpu {

class HostRun {
public:
    explicit HostRun(std::unique_ptr<Plan> plan) : m_plan(std::move(plan)), m_alignedInputs(m_plan->inputs.size()) {}

    const Plan& plan() const { return *m_plan; }
    /// REQUIRES: plan().fits(given).
    Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> given, trace::NodeListener* listener);

private:
    Status bindInputs(std::span<const NamedTensor> given);
    Result<std::vector<NamedTensor>> collect() const;

    std::unique_ptr<Plan> m_plan;
    std::vector<Tensor> m_alignedInputs;
};

}  // namespace trimtab::cpu
