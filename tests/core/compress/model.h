#pragma once
// Small graphs with weights for the tests of compression.
#include <algorithm>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/graph/graph.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

class Model {
public:
    Model() { input = value("x", DataType::Float32, {}); graph.inputs = {input}; }

    graph::ValueId weight(const std::string& name, Tensor tensor) {
        const graph::ValueId id = value(name, tensor.type(), tensor.shape());
        graph.value(id).constant = std::move(tensor);
        return id;
    }

    graph::ValueId node(const std::string& name, const std::string& op, std::vector<graph::ValueId> inputs,
                        const std::string& domain = "") {
        graph::Node node;
        node.name = name;
        node.op = op;
        node.domain = domain;
        node.origins = {name};
        node.inputs = std::move(inputs);
        node.outputs = {value(name + "_out", DataType::Float32, {})};
        graph.nodes.push_back(node);
        graph.outputs = {node.outputs[0]};
        return node.outputs[0];
    }

    Graph graph;
    graph::ValueId input;

private:
    graph::ValueId value(const std::string& name, DataType type, const Shape& shape) {
        graph::Value made;
        made.name = name;
        made.type = graph::ValueType::of(type, shape);
        return graph.addValue(std::move(made));
    }
};

inline Tensor randomWeight(Shape shape, std::uint64_t seed) {
    base::Random random(seed);
    std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
    for (float& entry : values) entry = static_cast<float>(random.normal());
    return Tensor::fromFloats(std::move(shape), values);
}

/// conv (8 × 4·3·3) → Relu → matmul (36 × 10) → scores = matmul · matmul (no weight).
inline Model smallModel() {
    Model model;
    const auto conv = model.node("/blocks.0/conv", "Conv", {model.input, model.weight("w_conv", randomWeight({8, 4, 3, 3}, 1))});
    const auto relu = model.node("/blocks.0/relu", "Relu", {conv});
    const auto head = model.node("/head/fc", "MatMul", {relu, model.weight("w_fc", randomWeight({36, 10}, 2))});
    model.node("/scores", "MatMul", {head, head});
    return model;
}

/// REQUIRES: a node of this name.
inline const graph::Node& nodeOf(const Graph& graph, const std::string& name) {
    return *std::find_if(graph.nodes.begin(), graph.nodes.end(), [&](const graph::Node& node) { return node.name == name; });
}

/// REQUIRES: a recipe that is taken.
inline recipe::Recipe recipeOf(const char* text) { return *recipe::parse(text); }

}  // namespace trimtab::compress
