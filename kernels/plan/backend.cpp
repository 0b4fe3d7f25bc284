#include "kernels/plan/backend.h"

#include <set>

#include "kernels/plan/refusals.h"

namespace trimtab::plan {
namespace {

/// Names of operators that nothing executes, subgraphs included, each once.
std::set<std::string> unknownOperators(const Backend& backend, const Graph& graph) {
    std::set<std::string> unknown;
    std::vector<const Graph*> open{&graph};
    while (!open.empty()) {
        const Graph* current = open.back();
        open.pop_back();
        for (const graph::Node& node : current->nodes) {
            if (backend.implementationsOf(node).empty()) unknown.insert(node.domain.empty() ? node.op : node.domain + "." + node.op);
            for (const auto& inner : graph::subgraphsOf(node)) open.push_back(inner.get());
        }
    }
    return unknown;
}

}  // namespace

Status checkOperators(const Backend& backend, const Graph& graph, std::string_view engine) {
    const auto unknown = unknownOperators(backend, graph);
    if (unknown.empty()) return {};
    std::string names;
    for (const std::string& name : unknown) names += (names.empty() ? "" : ", ") + name;
    return fail(ErrorCode::Unsupported, "engine " + std::string(engine) + " executes no " + names);
}

runtime::Support supports(const Backend& backend, const NodeView& view) {
    Refusals refusals;
    for (const Implementation& implementation : backend.implementationsOf(view.node)) {
        runtime::Support support = implementation.judge(view);
        if (support.level == runtime::Support::Level::Emulated) support.reason = refusals.why(support);
        if (support.level != runtime::Support::Level::Refused) return support;
        refusals.note(implementation.name, support.reason);
    }
    return refused(view.node.op + ": " + (refusals.text().empty() ? "nothing here executes it" : refusals.text()));
}

}  // namespace trimtab::plan
