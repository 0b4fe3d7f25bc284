// Products with a constant matrix become trimtab.FusedMatMul, whichever way the file wrote them: MatMul, MatMul + Add, Gemm.
// The weight stays the value it was, so that a quantised one survives.
#include <cmath>

#include "core/graph/passes/passes.h"
#include "core/graph/passes/rewriter.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"

namespace trimtab::graph {

namespace {

/// The two dims of a constant (or quantised) floating matrix.
std::optional<Shape> matrixWeight(const Graph& graph, ValueId id) {
    if (id == kNoValue || !graph.value(id).isConstant() || !tensor::isFloatingPoint(graph.value(id).type.type)) return std::nullopt;
    const auto shape = graph.value(id).type.shape();
    return shape && shape->rank() == 2 ? shape : std::nullopt;
}

/// A constant that adds the same `columns` numbers to every row, as [columns]; `spread` also takes one number for all columns.
std::optional<ValueId> rowBias(Graph& graph, ValueId id, std::int64_t columns, int maxRank, bool spread, const std::string& name) {
    const Tensor* tensor = graph.constantOf(id);
    if (tensor == nullptr || !tensor::isFloatingPoint(tensor->type()) || tensor->shape().rank() > maxRank) return std::nullopt;
    if (tensor->shape() == Shape{columns}) return id;
    const bool leadingOnes =
        tensor->elementCount() == columns && tensor->shape().rank() > 0 && tensor->shape()[tensor->shape().rank() - 1] == columns;
    if (leadingOnes) return graph.addConstant(name + "_bias", tensor->reshaped(Shape{columns}));
    if (!spread || tensor->elementCount() != 1 || tensor->type() != DataType::Float32) return std::nullopt;
    auto spreadOut = Tensor::allocate(DataType::Float32, Shape{columns});
    if (!spreadOut) return std::nullopt;
    for (float& value : spreadOut->mutableData<float>()) value = static_cast<float>(tensor::elementAsDouble(*tensor, 0));
    return graph.addConstant(name + "_bias", std::move(*spreadOut));
}

/// A float32 constant multiplied by `factor`, as a new constant.
std::optional<ValueId> multiplied(Graph& graph, ValueId id, float factor) {
    const Tensor* tensor = graph.constantOf(id);
    if (tensor == nullptr || tensor->type() != DataType::Float32) return std::nullopt;
    const std::vector<float> before = tensor::toFloats(*tensor);
    auto scaled = Tensor::allocate(DataType::Float32, tensor->shape());
    if (!scaled) return std::nullopt;
    const auto out = scaled->mutableData<float>();
    for (std::size_t i = 0; i < before.size(); ++i) out[i] = before[i] * factor;
    return graph.addConstant(graph.value(id).name + "_scaled", std::move(*scaled));
}

void fuseMatMul(Rewriter& rewriter, int index) {
    Graph& graph = rewriter.graph;
    const Node& matMul = rewriter.node(index);
    const auto weight = matrixWeight(graph, matMul.input(1));
    const auto& rows = graph.value(matMul.inputs[0]).type.dims;
    if (!weight || !rows || rows->size() < 2) return;
    Node fused = fusedNode(graph, matMul, "FusedMatMul");
    fused.inputs = {matMul.inputs[0], matMul.inputs[1]};
    fused.outputs = {matMul.outputs[0]};
    fused.attributes = {{"transB", std::int64_t{0}}, {"activation", std::string()}};
    const int add = rewriter.onlyReader(matMul.outputs[0]);
    if (add >= 0 && rewriter.node(add).is("Add")) {
        const ValueId other = otherInput(rewriter.node(add), matMul.outputs[0]);
        const auto bias = rowBias(graph, other, (*weight)[1], static_cast<int>(rows->size()), false, fused.name);
        if (bias) {
            fused.inputs.push_back(*bias);
            fused.outputs = {rewriter.node(add).outputs[0]};
            const int absorbed[] = {index};
            rewriter.replace(add, std::move(fused), absorbed);
            return;
        }
    }
    rewriter.replace(index, std::move(fused), {});
}

void fuseGemm(Rewriter& rewriter, int index) {
    Graph& graph = rewriter.graph;
    const Node gemm = rewriter.node(index);
    const auto weight = matrixWeight(graph, gemm.input(1));
    const auto& rows = graph.value(gemm.inputs[0]).type.dims;
    if (!weight || !rows || rows->size() != 2 || gemm.integer("transA", 0) != 0) return;
    const bool transposed = gemm.integer("transB", 0) != 0;
    const float alpha = gemm.number("alpha", 1.0F);
    const float beta = gemm.number("beta", 1.0F);
    const bool biased = gemm.input(2) != kNoValue && beta != 0.0F;
    if (alpha != 1.0F && graph.constantOf(gemm.inputs[1]) == nullptr) return;
    Node fused = fusedNode(graph, gemm, "FusedMatMul");
    fused.inputs = {gemm.inputs[0], gemm.inputs[1]};
    fused.outputs = {gemm.outputs[0]};
    fused.attributes = {{"transB", std::int64_t{transposed ? 1 : 0}}, {"activation", std::string()}};
    if (biased) {
        auto bias = rowBias(graph, gemm.inputs[2], (*weight)[transposed ? 0 : 1], 2, true, gemm.name);
        if (bias && beta != 1.0F) bias = multiplied(graph, *bias, beta);
        if (!bias) return;
        fused.inputs.push_back(*bias);
    }
    if (alpha != 1.0F) {
        const auto scaled = multiplied(graph, gemm.inputs[1], alpha);
        if (!scaled) return;
        fused.inputs[1] = *scaled;
    }
    rewriter.replace(index, std::move(fused), {});
}

}  // namespace

Status fuseMatMulAdd(Graph& graph) {
    Rewriter rewriter(graph);
    for (int i = 0; i < static_cast<int>(rewriter.nodeCount()); ++i) {
        if (!rewriter.usable(i)) continue;
        if (rewriter.node(i).is("MatMul")) fuseMatMul(rewriter, i);
        if (rewriter.node(i).is("Gemm")) fuseGemm(rewriter, i);
    }
    rewriter.finish();
    return inferShapes(graph);
}

}  // namespace trimtab::graph
