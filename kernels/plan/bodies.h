#pragma once
// Subgraphs of control flow, compiled by the engine that runs the graph around them.
#include <map>

#include "kernels/plan/part.h"

namespace trimtab::plan {

class CompiledBodies final : public ref::BodyRunner {
public:
    /// For the subgraphs of `node` in `graph`. Captured values that are constants there become constants of the bodies.
    CompiledBodies(const Graph& graph, const graph::Node& node, const CompilePart& compile);

    Result<std::vector<ref::RunValue>> run(const Graph& body, std::vector<ref::RunValue> inputs) override;

private:
    std::map<const Graph*, Part> m_parts;
};

}  // namespace trimtab::plan
