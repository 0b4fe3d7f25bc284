#include "kernels/cpu/cpu_engine.h"

#include <algorithm>

#include <sched.h>

#include "kernels/cpu/compiled_model.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/onednn/adapter.h"
#include "kernels/cpu/planning.h"

#ifndef TRIMTAB_VERSION
#define TRIMTAB_VERSION "development"
#endif

namespace trimtab::cpu {
namespace {

int availableThreads() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::max(CPU_COUNT(&set), 1);
}

class CpuEngine final : public runtime::Engine {
public:
    explicit CpuEngine(int threads) : m_threads(threads > 0 ? threads : availableThreads()) {}

    runtime::EngineInfo info() const override {
        return {"cpu", std::string(TRIMTAB_VERSION) + ", oneDNN " + onednn::versionText(), onednn::instructionSet(), m_threads};
    }

    runtime::Support supports(const Graph& graph, const graph::Node& node) const override {
        return plan::supports(m_backend, NodeView{graph, node});
    }

    bool writesCachesInPlace() const override { return true; }

    Result<std::unique_ptr<runtime::CompiledModel>> compile(const Graph& graph, const recipe::RunSetting& setting) override {
        return compileModel(graph, setting.threads > 0 ? setting.threads : m_threads);
    }

private:
    CpuBackend m_backend;
    int m_threads;
};

}  // namespace

std::unique_ptr<runtime::Engine> makeCpuEngine(int threads) { return std::make_unique<CpuEngine>(threads); }

bool skipsZeros(const Graph& graph, const graph::Node& node) { return hasSparseKernel(NodeView{graph, node}); }

}  // namespace trimtab::cpu
