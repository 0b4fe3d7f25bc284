#pragma once
// What the fused operators mean, in operators of the ONNX set, run by the reference kernels: an account of their own that does not
// lean on any kernel written for them.
#include <cmath>

#include "core/tensor/convert.h"
#include "kernels/ref/reference.h"

namespace trimtab::testing {

inline Result<Tensor> runOperator(const std::string& op, std::vector<Tensor> inputs,
                                  std::map<std::string, graph::Attribute> attributes = {}) {
    graph::Node node;
    node.name = op;
    node.op = op;
    node.version = 17;
    node.attributes = std::move(attributes);
    node.outputs = {0};
    std::vector<ref::RunValue> values;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        node.inputs.push_back(inputs[i].defined() ? static_cast<graph::ValueId>(i + 1) : graph::kNoValue);
        values.emplace_back(inputs[i]);
    }
    TRIMTAB_TRY(auto results, ref::evaluate(node, values));
    return std::get<Tensor>(results[0]);
}

inline Result<Tensor> activate(const graph::Node& node, Tensor value) {
    const std::string activation = node.string("activation", "");
    if (activation.empty()) return value;
    if (activation == "Clip")
        return runOperator("Clip", {value, Tensor::scalar(node.number("min", 0)), Tensor::scalar(node.number("max", 0))});
    return runOperator(activation, {value});
}

inline Result<Tensor> runFused(const graph::Node& node, const std::vector<Tensor>& inputs) {
    const auto given = [&](std::size_t i) { return i < inputs.size() && inputs[i].defined(); };
    const Tensor& x = inputs[0];
    if (node.op == "Silu") {
        TRIMTAB_TRY(Tensor gate, runOperator("Sigmoid", {x}));
        return runOperator("Mul", {x, gate});
    }
    if (node.op == "Gelu") {
        TRIMTAB_TRY(Tensor inner, runOperator("Mul", {x, Tensor::scalar(std::sqrt(0.5F))}));
        TRIMTAB_TRY(inner, runOperator("Erf", {inner}));
        TRIMTAB_TRY(inner, runOperator("Add", {inner, Tensor::scalar(1)}));
        TRIMTAB_TRY(inner, runOperator("Mul", {inner, Tensor::scalar(0.5F)}));
        return runOperator("Mul", {x, inner});
    }
    if (node.op == "RMSNormalization") {
        TRIMTAB_TRY(Tensor square, runOperator("Mul", {x, x}));
        const std::int64_t last = x.shape().rank() - 1;
        TRIMTAB_TRY(Tensor mean, runOperator("ReduceMean", {square}, {{"axes", std::vector<std::int64_t>{last}}}));
        TRIMTAB_TRY(mean, runOperator("Add", {mean, Tensor::scalar(node.number("epsilon", 0))}));
        TRIMTAB_TRY(Tensor root, runOperator("Sqrt", {mean}));
        TRIMTAB_TRY(Tensor normal, runOperator("Div", {x, root}));
        return runOperator("Mul", {normal, inputs[1]});
    }
    if (node.op == "FusedMatMul") {
        Tensor weight = inputs[1];
        if (node.integer("transB", 0) != 0) {
            TRIMTAB_TRY(weight, runOperator("Transpose", {weight}));
        }
        TRIMTAB_TRY(Tensor product, runOperator("MatMul", {x, weight}));
        if (given(2)) {
            TRIMTAB_TRY(product, runOperator("Add", {product, inputs[2]}));
        }
        return activate(node, product);
    }
    if (node.op == "FusedConv") {
        auto attributes = node.attributes;
        for (const char* own : {"activation", "min", "max"}) attributes.erase(own);
        TRIMTAB_TRY(Tensor result, runOperator("Conv", {x, inputs[1], given(2) ? inputs[2] : Tensor()}, attributes));
        if (given(3)) {
            TRIMTAB_TRY(result, runOperator("Add", {result, inputs[3]}));
        }
        return activate(node, result);
    }
    return fail(ErrorCode::Unsupported, "no fused operator " + node.op);
}

}  // namespace trimtab::testing
