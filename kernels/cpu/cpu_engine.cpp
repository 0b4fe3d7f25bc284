#include "kernels/cpu/cpu_engine.h"

#include <algorithm>
#include <set>

#include <sched.h>

#include "core/graph/passes/passes.h"
#include "kernels/cpu/compiled_model.h"
#include "kernels/cpu/onednn/adapter.h"
#include "kernels/cpu/plan/implementation.h"

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

/// Names of operators that nothing executes, subgraphs included, each once.
std::set<std::string> unknownOperators(const Graph& graph) {
    std::set<std::string> unknown;
    std::vector<const Graph*> open{&graph};
    while (!open.empty()) {
        const Graph* current = open.back();
        open.pop_back();
        for (const graph::Node& node : current->nodes) {
            if (implementationsOf(node).empty()) unknown.insert(node.domain.empty() ? node.op : node.domain + "." + node.op);
            for (const auto& [key, attribute] : node.attributes) {
                if (const auto* inner = std::get_if<std::shared_ptr<const Graph>>(&attribute); inner && *inner)
                    open.push_back(inner->get());
            }
        }
    }
    return unknown;
}

class CpuEngine final : public runtime::Engine {
public:
    explicit CpuEngine(int threads) : m_threads(threads > 0 ? threads : availableThreads()) {}

    runtime::EngineInfo info() const override {
        return {"cpu", std::string(TRIMTAB_VERSION) + ", oneDNN " + onednn::versionText(), onednn::instructionSet(), m_threads};
    }

    runtime::Support supports(const Graph& graph, const graph::Node& node) const override {
        const NodeView view{graph, node};
        std::string reasons;
        for (const Implementation& implementation : implementationsOf(node)) {
            runtime::Support support = implementation.judge(view);
            if (support.level != runtime::Support::Level::Refused) return support;
            if (!support.reason.empty())
                reasons += (reasons.empty() ? "" : "; ") + std::string(implementation.name) + ": " + support.reason;
        }
        return refused(node.op + ": " + (reasons.empty() ? "nothing here executes it" : reasons));
    }

    Result<std::unique_ptr<runtime::CompiledModel>> compile(const Graph& graph, const recipe::RunSetting& setting) override {
        TRIMTAB_REQUIRE(checkOperators(graph));
        Graph copy = graph;
        TRIMTAB_REQUIRE(graph::fuse(copy));
        copy.removeDeadNodes();
        TRIMTAB_REQUIRE(checkOperators(copy));
        return std::make_unique<CpuModel>(std::move(copy), setting.threads > 0 ? setting.threads : m_threads);
    }

private:
    static Status checkOperators(const Graph& graph) {
        const auto unknown = unknownOperators(graph);
        if (unknown.empty()) return {};
        std::string names;
        for (const std::string& name : unknown) names += (names.empty() ? "" : ", ") + name;
        return fail(ErrorCode::Unsupported, "engine cpu executes no " + names);
    }

    int m_threads;
};

}  // namespace

std::unique_ptr<runtime::Engine> makeCpuEngine(int threads) { return std::make_unique<CpuEngine>(threads); }

}  // namespace trimtab::cpu
