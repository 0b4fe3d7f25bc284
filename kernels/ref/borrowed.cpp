#include "kernels/ref/borrowed.h"

namespace trimtab::ref {
namespace {

graph::Node standardNode(const Call& call, const std::string& op, int version) {
    graph::Node node;
    node.name = call.node.name;
    node.op = op;
    node.version = version;
    return node;
}

}  // namespace

Result<Tensor> borrowed(const Call& call, const std::string& op, int version, Attributes attributes, const std::vector<Tensor>& inputs) {
    graph::Node node = standardNode(call, op, version);
    node.attributes = std::move(attributes);
    node.outputs = {0};
    const std::vector<RunValue> values(inputs.begin(), inputs.end());
    TRIMTAB_TRY(const Values results, evaluate(node, values));
    return std::get<Tensor>(results.front());
}

Kernel sameAs(std::string op, int version) {
    return [op = std::move(op), version](const Call& call) -> Result<Values> {
        graph::Node node = standardNode(call, op, version);
        node.attributes = call.node.attributes;
        node.outputs = call.node.outputs;
        return evaluate(node, call.inputs);
    };
}

}  // namespace trimtab::ref
