// Chains that exporters write out become single operators. RMSNorm: Zhang and Sennrich 2019; LayerNorm: Ba, Kiros and Hinton 2016;
// Silu and Gelu: Hendrycks and Gimpel 2016.
#include "core/graph/passes/normalization_patterns.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"

namespace trimtab::graph {

namespace {

/// The same constant with one axis.
ValueId asVector(Graph& graph, ValueId constant, const std::string& name) {
    const Tensor& tensor = *graph.constantOf(constant);
    if (tensor.shape().rank() == 1) return constant;
    return graph.addConstant(name, tensor.reshaped(Shape{tensor.elementCount()}));
}

bool fuseNormalization(Rewriter& rewriter, int multiply) {
    Graph& graph = rewriter.graph;
    const auto core = matchRootMeanSquare(rewriter, multiply);
    if (!core) return false;
    const auto layerNorm = extendToLayerNorm(rewriter, *core);
    const int last = layerNorm ? layerNorm->last : core->last;
    Node fused = fusedNode(graph, rewriter.node(last), layerNorm ? "LayerNormalization" : "RMSNormalization");
    fused.attributes["axis"] = std::int64_t{-1};
    fused.attributes["epsilon"] = static_cast<float>(core->epsilon);
    fused.inputs = {layerNorm ? layerNorm->input : core->input, asVector(graph, core->scale, fused.name + "_scale")};
    fused.outputs = {rewriter.node(last).outputs[0]};
    if (layerNorm) {
        fused.domain.clear();
        fused.version = 17;
        if (layerNorm->shift != kNoValue) fused.inputs.push_back(asVector(graph, layerNorm->shift, fused.name + "_shift"));
    }
    rewriter.replace(last, std::move(fused), layerNorm ? layerNorm->nodes : core->nodes);
    return true;
}

void fuseActivation(Rewriter& rewriter, const Activation& match, const char* op) {
    Node fused = fusedNode(rewriter.graph, rewriter.node(match.last), op);
    fused.inputs = {match.input};
    fused.outputs = {rewriter.node(match.last).outputs[0]};
    rewriter.replace(match.last, std::move(fused), match.nodes);
}

}  // namespace

Status fuseNormalizations(Graph& graph) {
    Rewriter rewriter(graph);
    for (int i = 0; i < static_cast<int>(rewriter.nodeCount()); ++i) {
        if (!rewriter.usable(i)) continue;
        if (rewriter.node(i).is("Mul")) {
            if (fuseNormalization(rewriter, i)) continue;
            if (const auto silu = matchSilu(rewriter, i)) fuseActivation(rewriter, *silu, "Silu");
        } else if (rewriter.node(i).is("Erf")) {
            if (const auto gelu = matchGelu(rewriter, i)) fuseActivation(rewriter, *gelu, "Gelu");
        }
    }
    rewriter.finish();
    return inferShapes(graph);
}

}  // namespace trimtab::graph
