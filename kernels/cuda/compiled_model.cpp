#include "kernels/cuda/compiled_model.h"

#include <algorithm>

#include "kernels/plan/planner.h"

namespace trimtab::cuda {
namespace {

constexpr std::size_t kPlansKept = 4;

}  // namespace

Status CudaModel::choosePlan(std::span<const NamedTensor> inputs, trace::NodeListener* listener) {
    const auto found = std::find_if(m_plans.begin(), m_plans.end(), [&](const auto& plan) { return plan->plan().fits(inputs); });
    if (found != m_plans.end()) {
        std::rotate(m_plans.begin(), found, found + 1);
        return {};
    }
    const trace::NodeScope scope(listener, trace::kPlanning);
    if (m_plans.size() >= kPlansKept) m_plans.pop_back();
    auto plan = plan::makePlan(m_graph, inputs, m_weights, m_backend, 0);
    if (!plan && plan.error().code == ErrorCode::OutOfMemory && !m_plans.empty()) {
        // The other plans' memory may be what is missing.
        m_plans.clear();
        plan = plan::makePlan(m_graph, inputs, m_weights, m_backend, 0);
    }
    if (!plan) return fail(plan.error());
    TRIMTAB_TRY(auto placed, DevicePlan::make(std::move(*plan), m_backend, m_caches));
    m_plans.insert(m_plans.begin(), std::move(placed));
    return {};
}

Result<std::vector<NamedTensor>> CudaModel::run(std::span<const NamedTensor> inputs, trace::NodeListener* listener) {
    TRIMTAB_REQUIRE(choosePlan(inputs, listener));
    return m_plans.front()->run(inputs, listener);
}

const std::vector<trace::LayerRecord>& CudaModel::layers() const {
    static const std::vector<trace::LayerRecord> kNone;
    return m_plans.empty() ? kNone : m_plans.front()->plan().records;
}

}  // namespace trimtab::cuda
