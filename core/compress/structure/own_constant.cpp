#include "core/compress/structure/own_constant.h"

#include <algorithm>

namespace trimtab::compress {

using graph::Node;
using graph::ValueId;

void replaceConstant(Graph& graph, int node, std::size_t input, Tensor tensor) {
    Node& reader = graph.nodes[static_cast<std::size_t>(node)];
    const ValueId id = reader.inputs[input];
    std::ptrdiff_t reads = graph.isOutput(id) || !graph.value(id).isConstant() ? 2 : 0;
    for (const Node& other : graph.nodes) reads += std::ranges::count(other.inputs, id);
    if (reads > 1) {
        const std::string name = graph.value(id).name + "_shrunk";
        reader.inputs[input] = graph.addConstant(name, std::move(tensor));
        return;
    }
    graph.value(id).type = graph::ValueType::of(tensor.type(), tensor.shape());
    graph.value(id).constant = std::move(tensor);
}

}  // namespace trimtab::compress
