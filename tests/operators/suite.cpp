#include "tests/operators/suite.h"

#include <fmt/format.h>

#include "core/graph/shape_inference.h"

namespace trimtab::operators {

std::string title(const Suite& suite) {
    return fmt::format("{}{} (opset {}{})", suite.domain.empty() ? "" : suite.domain + ".", suite.op, suite.version,
                       suite.part.empty() ? "" : ", " + suite.part);
}

Result<Graph> modelOf(const Suite& suite, const Case& drawn) {
    if (drawn.model) {
        Graph model = *drawn.model;
        TRIMTAB_REQUIRE(model.validate());
        TRIMTAB_REQUIRE(graph::inferShapes(model));
        return model;
    }
    Graph model;
    model.name = suite.op;
    model.opsets[""] = suite.domain.empty() ? suite.version : 17;
    if (!suite.domain.empty()) model.opsets[suite.domain] = suite.version;
    graph::Node node;
    node.op = suite.op;
    node.domain = suite.domain;
    node.version = suite.version;
    node.name = suite.op;
    node.origins = {suite.op};
    node.attributes = drawn.attributes;
    for (std::size_t i = 0; i < drawn.inputs.size(); ++i) {
        const Tensor& tensor = drawn.inputs[i];
        if (!tensor.defined()) {
            node.inputs.push_back(graph::kNoValue);
            continue;
        }
        graph::Value value;
        value.name = fmt::format("input_{}", i);
        value.type = graph::ValueType::of(tensor.type(), tensor.shape());
        const bool isInitializer = drawn.initializers.contains(i);
        if (isInitializer) value.constant = tensor;
        node.inputs.push_back(model.addValue(std::move(value)));
        if (!isInitializer) model.inputs.push_back(node.inputs.back());
    }
    for (std::size_t i = 0; i < drawn.outputs.size(); ++i) {
        if (!drawn.outputs[i]) {
            node.outputs.push_back(graph::kNoValue);
            continue;
        }
        graph::Value value;
        value.name = fmt::format("output_{}", i);
        node.outputs.push_back(model.addValue(std::move(value)));
        model.outputs.push_back(node.outputs.back());
    }
    model.nodes.push_back(std::move(node));
    TRIMTAB_REQUIRE(graph::inferShapes(model));
    return model;
}

}  // namespace trimtab::operators
