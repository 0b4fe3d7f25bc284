// Conv takes what follows it and reads nothing else: an equally shaped summand (the shortcut of a residual block), then an activation.
#include <limits>

#include "core/graph/passes/passes.h"
#include "core/graph/passes/rewriter.h"
#include "core/graph/shape_inference.h"

namespace trimtab::graph {

namespace {

struct Clip {
    float low = std::numeric_limits<float>::lowest();
    float high = std::numeric_limits<float>::max();
};

/// nullopt when a limit is not constant.
std::optional<Clip> clipOf(const Graph& graph, const Node& node) {
    Clip clip;
    clip.low = node.number("min", clip.low);
    clip.high = node.number("max", clip.high);
    if (node.input(1) != kNoValue) {
        const auto low = scalarConstant(graph, node.inputs[1]);
        if (!low) return std::nullopt;
        clip.low = static_cast<float>(*low);
    }
    if (node.input(2) != kNoValue) {
        const auto high = scalarConstant(graph, node.inputs[2]);
        if (!high) return std::nullopt;
        clip.high = static_cast<float>(*high);
    }
    return clip;
}

/// Writes the activation of node `next` into `fused`; false when it is none that a product can take.
bool takeActivation(const Graph& graph, const Node& next, Node& fused) {
    if (!next.domain.empty()) return false;
    if (next.op == "Relu" || (next.op == "Sigmoid" && fused.op == "FusedConv")) {
        fused.attributes["activation"] = next.op;
        return true;
    }
    if (next.op != "Clip" || fused.op != "FusedConv") return false;
    const auto clip = clipOf(graph, next);
    if (!clip) return false;
    fused.attributes["activation"] = next.op;
    fused.attributes["min"] = clip->low;
    fused.attributes["max"] = clip->high;
    return true;
}

void fuseConv(Rewriter& rewriter, int index) {
    Graph& graph = rewriter.graph;
    const Node& conv = rewriter.node(index);
    const ValueId weight = conv.input(1);
    if (weight == kNoValue || !graph.value(weight).isConstant() || !tensor::isFloatingPoint(graph.value(weight).type.type)) return;
    Node fused = fusedNode(graph, conv, "FusedConv");
    fused.attributes = conv.attributes;
    fused.attributes["activation"] = std::string();
    fused.inputs = conv.inputs;
    ValueId current = conv.outputs[0];
    int slot = index;
    std::vector<int> absorbed;
    const auto take = [&](int next) {
        absorbed.push_back(slot);
        slot = next;
        current = rewriter.node(next).outputs[0];
    };
    int next = rewriter.onlyReader(current);
    if (next >= 0 && rewriter.node(next).is("Add")) {
        const ValueId other = otherInput(rewriter.node(next), current);
        if (other != kNoValue && sameShape(graph.value(other).type, graph.value(current).type) &&
            graph.value(other).type.type == graph.value(current).type.type) {
            fused.inputs.resize(4, kNoValue);
            fused.inputs[3] = other;
            take(next);
            next = rewriter.onlyReader(current);
        }
    }
    if (next >= 0 && takeActivation(graph, rewriter.node(next), fused)) take(next);
    fused.outputs = {current};
    rewriter.replace(slot, std::move(fused), absorbed);
}

void fuseProduct(Rewriter& rewriter, int index) {
    Node fused = rewriter.node(index);
    if (!fused.string("activation", "").empty()) return;
    const int next = rewriter.onlyReader(fused.outputs[0]);
    if (next < 0 || !takeActivation(rewriter.graph, rewriter.node(next), fused)) return;
    fused.outputs = {rewriter.node(next).outputs[0]};
    const int absorbed[] = {index};
    rewriter.replace(next, std::move(fused), absorbed);
}

}  // namespace

Status fuseActivations(Graph& graph) {
    Rewriter rewriter(graph);
    for (int i = 0; i < static_cast<int>(rewriter.nodeCount()); ++i) {
        if (!rewriter.usable(i)) continue;
        if (rewriter.node(i).is("Conv")) fuseConv(rewriter, i);
        if (rewriter.node(i).is("FusedMatMul", "trimtab")) fuseProduct(rewriter, i);
    }
    rewriter.finish();
    return inferShapes(graph);
}

}  // namespace trimtab::graph
