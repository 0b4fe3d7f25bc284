// Nodes that hand their input on unchanged disappear: readers read the source. Nothing ran for them, so they leave no origin behind.
// Where the result must keep its name (a graph output), the source's maker writes it directly.
#include <algorithm>

#include "core/graph/passes/passes.h"
#include "core/graph/passes/rewriter.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"

namespace trimtab::graph {

namespace {

bool allAre(const Graph& graph, const Node& node, const char* attribute, std::size_t input, std::int64_t expected, bool whenAbsent) {
    std::vector<std::int64_t> values;
    if (node.has(attribute)) {
        values = node.integers(attribute);
    } else if (const Tensor* tensor = graph.constantOf(node.input(input))) {
        if (tensor->elementCount() > 64 || !tensor::isInteger(tensor->type())) return false;
        values = tensor::toInt64s(*tensor);
    } else if (node.input(input) == kNoValue) {
        return whenAbsent;
    } else {
        return false;
    }
    return std::ranges::all_of(values, [expected](std::int64_t value) { return value == expected; });
}

bool isInferenceDropout(const Graph& graph, const Node& node) {
    if (node.output(1) != kNoValue) return false;
    // Before opset 7 a Dropout trains unless is_test says otherwise.
    if (node.version > 0 && node.version < 7) return node.integer("is_test", 0) != 0;
    if (node.input(2) == kNoValue) return true;
    const auto training = scalarConstant(graph, node.input(2));
    return training && *training == 0;
}

bool handsOn(const Graph& graph, const Node& node) {
    if (!node.domain.empty() || node.input(0) == kNoValue || node.output(0) == kNoValue) return false;
    const ValueType& from = graph.value(node.input(0)).type;
    const ValueType& to = graph.value(node.output(0)).type;
    const std::string& op = node.op;
    if (op == "Identity") return true;
    if (op == "Dropout") return isInferenceDropout(graph, node);
    if (op == "Cast") return from.type == to.type && from.type != DataType::Undefined;
    if (op == "Concat" || op == "Sum" || op == "Mean" || op == "Min" || op == "Max") return node.inputs.size() == 1;
    if (op == "Transpose") {
        const auto order = node.integers("perm");
        if (order.empty()) return from.dims && from.dims->size() < 2;
        return std::ranges::is_sorted(order);
    }
    if (op == "Pad") return allAre(graph, node, node.has("paddings") ? "paddings" : "pads", 1, 0, false);
    if (!sameShape(from, to)) return false;
    if (op == "Slice") return allAre(graph, node, "starts", 1, 0, false) && allAre(graph, node, "steps", 4, 1, true);
    return op == "Reshape" || op == "Flatten" || op == "Squeeze" || op == "Unsqueeze" || op == "Expand" || op == "Tile";
}

/// The maker of `source` writes `value` itself, when nothing else needs `source` under its own name.
bool renameSource(Rewriter& rewriter, int node, ValueId value, ValueId source) {
    const int maker = rewriter.producer(source);
    if (maker < 0 || !rewriter.alive(maker) || rewriter.onlyReader(source) != node) return false;
    Node& made = rewriter.graph.nodes[static_cast<std::size_t>(maker)];
    Node renamed = made;
    std::ranges::replace(renamed.outputs, source, value);
    rewriter.replace(maker, std::move(renamed), {});
    rewriter.bypass(node, source, value);
    return true;
}

}  // namespace

Status removeIdentities(Graph& graph) {
    TRIMTAB_REQUIRE(inferShapes(graph));
    Rewriter rewriter(graph);
    for (int i = 0; i < static_cast<int>(rewriter.nodeCount()); ++i) {
        const Node& node = rewriter.node(i);
        if (!rewriter.alive(i) || !handsOn(graph, node)) continue;
        const ValueId value = node.outputs[0];
        const ValueId source = node.inputs[0];
        if (rewriter.pinned(value)) {
            renameSource(rewriter, i, value, source);
        } else {
            rewriter.bypass(i, value, source);
        }
    }
    rewriter.finish();
    return inferShapes(graph);
}

}  // namespace trimtab::graph
