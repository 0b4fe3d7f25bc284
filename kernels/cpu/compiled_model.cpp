#include "kernels/cpu/compiled_model.h"

#include <algorithm>
#include <set>

#include <omp.h>

#include "core/graph/passes/passes.h"
#include "kernels/cpu/onednn/adapter.h"
#include "kernels/plan/planner.h"
#include "kernels/ref/reference.h"

namespace trimtab::cpu {
namespace {

constexpr std::size_t kPlansKept = 4;

/// Our kernels and oneDNN take their threads from the calling thread's OpenMP setting.
class ThreadCount {
public:
    explicit ThreadCount(int threads) : m_before(omp_get_max_threads()) {
        if (threads != m_before) omp_set_num_threads(threads);
    }
    ~ThreadCount() {
        if (omp_get_max_threads() != m_before) omp_set_num_threads(m_before);
    }
    ThreadCount(const ThreadCount&) = delete;
    ThreadCount& operator=(const ThreadCount&) = delete;

private:
    int m_before;
};

}  // namespace

Status CpuModel::choosePlan(std::span<const NamedTensor> inputs, trace::NodeListener* listener) {
    const auto found = std::find_if(m_plans.begin(), m_plans.end(), [&](const auto& plan) { return plan->plan().fits(inputs); });
    if (found != m_plans.end()) {
        std::rotate(m_plans.begin(), found, found + 1);
        return {};
    }
    const trace::NodeScope scope(listener, trace::kPlanning);
    if (m_plans.size() >= kPlansKept) m_plans.pop_back();
    auto plan = plan::makePlan(m_graph, inputs, m_weights, m_backend, m_threads);
    if (!plan && plan.error().code == ErrorCode::OutOfMemory && !m_plans.empty()) {
        // The other plans' memory may be what is missing.
        m_plans.clear();
        plan = plan::makePlan(m_graph, inputs, m_weights, m_backend, m_threads);
    }
    if (!plan) return fail(plan.error());
    m_plans.insert(m_plans.begin(), std::make_unique<HostRun>(std::move(*plan)));
    return {};
}

Status CpuModel::prepare(std::span<const NamedTensor> inputs) {
    const ThreadCount threads(m_threads);
    return choosePlan(inputs);
}

Result<std::vector<NamedTensor>> CpuModel::run(std::span<const NamedTensor> inputs, trace::NodeListener* listener) {
    const ThreadCount threads(m_threads);
    TRIMTAB_REQUIRE(choosePlan(inputs, listener));
    return m_plans.front()->run(inputs, listener);
}

const std::vector<trace::LayerRecord>& CpuModel::layers() const {
    static const std::vector<trace::LayerRecord> kNone;
    return m_plans.empty() ? kNone : m_plans.front()->plan().records;
}

std::int64_t CpuModel::heldWeightBytes() const {
    std::set<const void*> seen;
    std::int64_t bytes = 0;
    for (const auto& run : m_plans)
        for (const HeldWeight& weight : run->plan().weights)
            if (seen.insert(weight.holder.get()).second) bytes += weight.bytes;
    return bytes;
}

Result<std::unique_ptr<runtime::CompiledModel>> compileModel(const Graph& graph, int threads) {
    const CpuBackend backend;
    TRIMTAB_REQUIRE(plan::checkOperators(backend, graph, "cpu"));
    Graph copy = graph;
    TRIMTAB_REQUIRE(graph::fuse(copy));
    if (onednn::hasInt8Products()) {
        ref::ReferenceEvaluator evaluator;
        TRIMTAB_REQUIRE(graph::fuseQuantization(copy, evaluator));
    }
    TRIMTAB_REQUIRE(graph::widenFloats(copy));
    copy.removeDeadNodes();
    TRIMTAB_REQUIRE(plan::checkOperators(backend, copy, "cpu"));
    return std::make_unique<CpuModel>(std::move(copy), threads);
}

}  // namespace trimtab::cpu
