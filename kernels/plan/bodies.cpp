#include "kernels/plan/bodies.h"

#include "core/graph/captures.h"

namespace trimtab::plan {

CompiledBodies::CompiledBodies(const Graph& graph, const graph::Node& node, const CompilePart& compile) {
    for (const auto& subgraph : graph::subgraphsOf(node)) {
        Graph body = *subgraph;
        const std::size_t own = body.inputs.size() - body.outerNames.size();
        const std::vector<std::size_t> positions = graph::capturePositions(node, body);
        for (std::size_t k = 0; k < positions.size(); ++k) {
            const graph::Value& outer = graph.value(node.inputs[positions[k]]);
            graph::Value& value = body.value(body.inputs[own + k]);
            value.type = outer.type;
            value.constant = outer.constant;
            value.quantized = outer.quantized;
        }
        m_parts.emplace(subgraph.get(), Part(std::move(body), compile));
    }
}

Result<std::vector<ref::RunValue>> CompiledBodies::run(const Graph& body, std::vector<ref::RunValue> inputs) {
    const auto known = m_parts.find(&body);
    if (known == m_parts.end()) return ref::bodyInterpreter().run(body, std::move(inputs));
    return known->second.run(std::move(inputs));
}

}  // namespace trimtab::plan
