// Conv → BatchNormalization at inference: y = (conv(x) - mean)·s + β with s = γ/√(variance + ε), so the filters are scaled by s and
// the bias becomes (b - mean)·s + β. Ioffe and Szegedy 2015, "Batch Normalization", section 3.1.
#include <cmath>

#include "core/graph/passes/passes.h"
#include "core/graph/passes/rewriter.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"

namespace trimtab::graph {

namespace {

struct Affine {
    std::vector<double> scale;
    std::vector<double> shift;
};

std::optional<std::vector<float>> channelValues(const Graph& graph, ValueId id, std::int64_t channels) {
    const Tensor* tensor = graph.constantOf(id);
    if (tensor == nullptr || tensor->type() != DataType::Float32 || tensor->elementCount() != channels) return std::nullopt;
    return tensor::toFloats(*tensor);
}

std::optional<Affine> affineOf(const Graph& graph, const Node& norm, std::int64_t channels) {
    if (norm.integer("training_mode", 0) != 0 || norm.integer("spatial", 1) == 0 || norm.inputs.size() != 5) return std::nullopt;
    for (std::size_t i = 1; i < norm.outputs.size(); ++i) {
        if (norm.outputs[i] != kNoValue) return std::nullopt;
    }
    const auto gamma = channelValues(graph, norm.inputs[1], channels);
    const auto beta = channelValues(graph, norm.inputs[2], channels);
    const auto mean = channelValues(graph, norm.inputs[3], channels);
    const auto variance = channelValues(graph, norm.inputs[4], channels);
    if (!gamma || !beta || !mean || !variance) return std::nullopt;
    const double epsilon = static_cast<double>(norm.number("epsilon", 1e-5F));
    Affine affine;
    for (std::size_t c = 0; c < gamma->size(); ++c) {
        const double scale = static_cast<double>((*gamma)[c]) / std::sqrt(static_cast<double>((*variance)[c]) + epsilon);
        affine.scale.push_back(scale);
        affine.shift.push_back(static_cast<double>((*beta)[c]) - static_cast<double>((*mean)[c]) * scale);
    }
    return affine;
}

/// The constant in place where only this node reads it, else a new one beside it.
ValueId place(Graph& graph, const Rewriter& rewriter, int node, ValueId old, const std::string& name, Tensor tensor) {
    if (old != kNoValue && rewriter.readOnlyBy(old, {node})) {
        graph.value(old).constant = std::move(tensor);
        return old;
    }
    return graph.addConstant(name, std::move(tensor));
}

Status fold(Rewriter& rewriter, int convIndex, int normIndex) {
    Graph& graph = rewriter.graph;
    Node conv = rewriter.node(convIndex);
    const Tensor* weight = graph.constantOf(conv.input(1));
    if (weight == nullptr || weight->type() != DataType::Float32 || weight->shape().rank() < 3 || weight->elementCount() == 0) return {};
    const std::int64_t channels = weight->shape()[0];
    const auto affine = affineOf(graph, rewriter.node(normIndex), channels);
    if (!affine) return {};
    std::vector<float> bias(static_cast<std::size_t>(channels), 0.0F);
    if (conv.input(2) != kNoValue) {
        const auto given = channelValues(graph, conv.input(2), channels);
        if (!given) return {};
        bias = *given;
    }
    const std::vector<float> before = tensor::toFloats(*weight);
    TRIMTAB_TRY(Tensor scaled, Tensor::allocate(DataType::Float32, weight->shape()));
    TRIMTAB_TRY(Tensor shifted, Tensor::allocate(DataType::Float32, Shape{channels}));
    const std::size_t perChannel = before.size() / static_cast<std::size_t>(channels);
    const auto weights = scaled.mutableData<float>();
    for (std::size_t i = 0; i < before.size(); ++i)
        weights[i] = static_cast<float>(static_cast<double>(before[i]) * affine->scale[i / perChannel]);
    const auto biases = shifted.mutableData<float>();
    for (std::size_t c = 0; c < bias.size(); ++c)
        biases[c] = static_cast<float>(static_cast<double>(bias[c]) * affine->scale[c] + affine->shift[c]);

    const std::string weightName = graph.value(conv.inputs[1]).name;
    conv.inputs.resize(3, kNoValue);
    conv.inputs[1] = place(graph, rewriter, convIndex, conv.inputs[1], weightName + "_scaled", std::move(scaled));
    conv.inputs[2] = place(graph, rewriter, convIndex, conv.inputs[2], conv.name + "_bias", std::move(shifted));
    conv.outputs = {rewriter.node(normIndex).outputs[0]};
    const int absorbed[] = {convIndex};
    rewriter.replace(normIndex, std::move(conv), absorbed);
    return {};
}

}  // namespace

Status foldBatchNorm(Graph& graph) {
    Rewriter rewriter(graph);
    for (int i = 0; i < static_cast<int>(rewriter.nodeCount()); ++i) {
        if (!rewriter.usable(i) || !rewriter.node(i).is("BatchNormalization")) continue;
        const ValueId between = rewriter.node(i).inputs[0];
        const int conv = rewriter.producer(between, "Conv");
        if (conv >= 0 && rewriter.onlyReader(between) == i) TRIMTAB_REQUIRE(fold(rewriter, conv, i));
    }
    rewriter.finish();
    return inferShapes(graph);
}

}  // namespace trimtab::graph
