#include "core/graph/passes/normalization_patterns.h"

#include <algorithm>
#include <cmath>

#include "core/tensor/convert.h"

namespace trimtab::graph {

namespace {

/// Walks back over casts that change nothing; the casts go to `nodes`.
ValueId behindCasts(const Rewriter& rewriter, ValueId value, std::vector<int>& nodes) {
    const Graph& graph = rewriter.graph;
    for (int cast = rewriter.producer(value, "Cast"); cast >= 0; cast = rewriter.producer(value, "Cast")) {
        const ValueId source = rewriter.node(cast).inputs[0];
        const bool keepsType = source != kNoValue && graph.value(source).type.type == graph.value(value).type.type;
        if (!keepsType || rewriter.onlyReader(value) < 0) break;
        nodes.push_back(cast);
        value = source;
    }
    return value;
}

/// A mean over the last axis that keeps it.
bool isMeanOfLastAxis(const Graph& graph, const Node& node) {
    if (!node.is("ReduceMean") || node.integer("keepdims", 1) == 0) return false;
    std::vector<std::int64_t> axes = node.integers("axes");
    if (const Tensor* tensor = graph.constantOf(node.input(1))) {
        if (tensor->elementCount() != 1) return false;
        axes = tensor::toInt64s(*tensor);
    }
    const auto& dims = graph.value(node.inputs[0]).type.dims;
    return axes.size() == 1 && (axes[0] == -1 || (dims && axes[0] == static_cast<std::int64_t>(dims->size()) - 1));
}

/// The elements of the last axis, when known.
std::int64_t lastExtent(const Graph& graph, ValueId value) {
    const auto& dims = graph.value(value).type.dims;
    return dims && !dims->empty() ? dims->back().extent : -1;
}

/// A floating constant that multiplies or is added along the last axis only.
bool isRowConstant(const Graph& graph, ValueId value, std::int64_t extent) {
    const Tensor* tensor = graph.constantOf(value);
    return tensor != nullptr && tensor->type() == DataType::Float32 && tensor->elementCount() == extent && tensor->shape().rank() > 0 &&
           tensor->shape()[tensor->shape().rank() - 1] == extent;
}

/// value = √(mean(d²) + ε); d and ε go to `match`.
bool matchRoot(const Rewriter& rewriter, ValueId value, RootMeanSquare& match) {
    const Graph& graph = rewriter.graph;
    const auto chained = [&](ValueId made, std::string_view op) {
        const int node = rewriter.producer(made, op);
        return node >= 0 && rewriter.onlyReader(made) >= 0 ? node : -1;
    };
    const int root = chained(value, "Sqrt");
    if (root < 0) return false;
    const ValueId shifted = rewriter.node(root).inputs[0];
    const int add = chained(shifted, "Add");
    if (add < 0 || rewriter.node(add).inputs.size() != 2) return false;
    const auto& terms = rewriter.node(add).inputs;
    const bool epsilonFirst = scalarConstant(graph, terms[0]).has_value();
    const auto epsilon = scalarConstant(graph, terms[epsilonFirst ? 0 : 1]);
    const ValueId averaged = terms[epsilonFirst ? 1 : 0];
    const int mean = chained(averaged, "ReduceMean");
    if (!epsilon || mean < 0 || !isMeanOfLastAxis(graph, rewriter.node(mean))) return false;
    const ValueId squared = rewriter.node(mean).inputs[0];
    int square = chained(squared, "Pow");
    if (square >= 0) {
        if (!isScalarConstant(graph, rewriter.node(square).input(1), 2.0)) return false;
    } else {
        square = chained(squared, "Mul");
        if (square < 0 || rewriter.node(square).inputs[0] != rewriter.node(square).inputs[1]) return false;
    }
    match.epsilon = *epsilon;
    match.nodes.insert(match.nodes.end(), {root, add, mean, square});
    match.input = behindCasts(rewriter, rewriter.node(square).inputs[0], match.nodes);
    match.readersOfInput.push_back(square);
    return true;
}

/// value = d / root, d · (1 / root) or d · reciprocal(root).
bool matchNormalized(const Rewriter& rewriter, ValueId value, RootMeanSquare& match) {
    const Graph& graph = rewriter.graph;
    if (rewriter.onlyReader(value) < 0) return false;
    const int divide = rewriter.producer(value, "Div");
    const int multiply = rewriter.producer(value, "Mul");
    const int outer = divide >= 0 ? divide : multiply;
    if (outer < 0 || rewriter.node(outer).inputs.size() != 2) return false;
    for (const std::size_t side : {std::size_t{1}, std::size_t{0}}) {
        if (divide >= 0 && side == 0) break;
        RootMeanSquare attempt;
        ValueId root = rewriter.node(outer).inputs[side];
        if (divide < 0) {
            const int reciprocal = rewriter.producer(root, "Reciprocal");
            const int quotient = rewriter.producer(root, "Div");
            const int inverse = reciprocal >= 0 ? reciprocal : quotient;
            if (inverse < 0 || rewriter.onlyReader(root) < 0) continue;
            if (reciprocal < 0 && !isScalarConstant(graph, rewriter.node(inverse).inputs[0], 1.0)) continue;
            attempt.nodes.push_back(inverse);
            root = rewriter.node(inverse).inputs[reciprocal >= 0 ? 0 : 1];
        }
        if (!matchRoot(rewriter, root, attempt)) continue;
        std::vector<int> casts;
        if (behindCasts(rewriter, rewriter.node(outer).inputs[1 - side], casts) != attempt.input) continue;
        attempt.nodes.push_back(outer);
        attempt.nodes.insert(attempt.nodes.end(), casts.begin(), casts.end());
        attempt.readersOfInput.push_back(outer);
        match = std::move(attempt);
        return true;
    }
    return false;
}

}  // namespace

std::optional<RootMeanSquare> matchRootMeanSquare(const Rewriter& rewriter, int multiply) {
    const Graph& graph = rewriter.graph;
    const Node& node = rewriter.node(multiply);
    if (!node.is("Mul") || node.inputs.size() != 2) return std::nullopt;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
        if (graph.constantOf(node.inputs[1 - side]) == nullptr || node.inputs[side] == kNoValue) continue;
        RootMeanSquare match;
        std::vector<int> casts;
        const ValueId normalized = behindCasts(rewriter, node.inputs[side], casts);
        if (!matchNormalized(rewriter, normalized, match)) continue;
        match.scale = node.inputs[1 - side];
        match.last = multiply;
        match.nodes.insert(match.nodes.end(), casts.begin(), casts.end());
        if (graph.value(match.input).type.type != DataType::Float32) return std::nullopt;
        if (!isRowConstant(graph, match.scale, lastExtent(graph, match.input))) return std::nullopt;
        const auto& scaleDims = graph.constantOf(match.scale)->shape();
        if (scaleDims.rank() > static_cast<int>(graph.value(match.input).type.dims->size())) return std::nullopt;
        return match;
    }
    return std::nullopt;
}

std::optional<LayerNorm> extendToLayerNorm(const Rewriter& rewriter, const RootMeanSquare& core) {
    const Graph& graph = rewriter.graph;
    const int subtract = rewriter.producer(core.input, "Sub");
    if (subtract < 0 || rewriter.pinned(core.input)) return std::nullopt;
    // Nothing but the chain may read d; a Pow reads it once and a Mul(d, d) twice.
    if (core.readersOfInput.size() != 2 || !rewriter.readOnlyBy(core.input, {core.readersOfInput[0], core.readersOfInput[1]}))
        return std::nullopt;
    const ValueId averaged = rewriter.node(subtract).inputs[1];
    const int mean = rewriter.producer(averaged, "ReduceMean");
    if (mean < 0 || rewriter.onlyReader(averaged) != subtract || !isMeanOfLastAxis(graph, rewriter.node(mean))) return std::nullopt;
    if (rewriter.node(mean).inputs[0] != rewriter.node(subtract).inputs[0]) return std::nullopt;
    LayerNorm match;
    match.input = rewriter.node(subtract).inputs[0];
    match.scale = core.scale;
    match.epsilon = core.epsilon;
    match.nodes = core.nodes;
    match.nodes.insert(match.nodes.end(), {subtract, mean});
    match.last = core.last;
    const ValueId scaled = rewriter.node(core.last).outputs[0];
    const int add = rewriter.onlyReader(scaled);
    if (add >= 0 && rewriter.node(add).is("Add")) {
        const ValueId shift = otherInput(rewriter.node(add), scaled);
        const auto& dims = graph.value(match.input).type.dims;
        if (shift != kNoValue && isRowConstant(graph, shift, lastExtent(graph, match.input)) &&
            graph.constantOf(shift)->shape().rank() <= static_cast<int>(dims->size())) {
            match.shift = shift;
            match.nodes.push_back(core.last);
            match.last = add;
        }
    }
    return match;
}

std::optional<Activation> matchSilu(const Rewriter& rewriter, int multiply) {
    const Node& node = rewriter.node(multiply);
    if (!node.is("Mul") || node.inputs.size() != 2) return std::nullopt;
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
        const int sigmoid = rewriter.producer(node.inputs[side], "Sigmoid");
        if (sigmoid < 0 || rewriter.onlyReader(node.inputs[side]) != multiply) continue;
        if (rewriter.node(sigmoid).inputs[0] != node.inputs[1 - side]) continue;
        return Activation{node.inputs[1 - side], multiply, {sigmoid}};
    }
    return std::nullopt;
}

std::optional<Activation> matchGelu(const Rewriter& rewriter, int erf) {
    const Graph& graph = rewriter.graph;
    if (!rewriter.node(erf).is("Erf")) return std::nullopt;
    const ValueId reduced = rewriter.node(erf).inputs[0];
    const int divide = rewriter.producer(reduced, "Div");
    const int shrink = divide >= 0 ? divide : rewriter.producer(reduced, "Mul");
    if (shrink < 0 || rewriter.onlyReader(reduced) != erf || rewriter.node(shrink).inputs.size() != 2) return std::nullopt;
    const auto& factors = rewriter.node(shrink).inputs;
    const std::size_t constantSide = divide < 0 && graph.constantOf(factors[0]) != nullptr ? 0 : 1;
    if (!isScalarConstant(graph, factors[constantSide], divide >= 0 ? std::sqrt(2.0) : std::sqrt(0.5))) return std::nullopt;
    const ValueId x = factors[1 - constantSide];

    const int add = rewriter.onlyReader(rewriter.node(erf).outputs[0]);
    if (add < 0 || !rewriter.node(add).is("Add")) return std::nullopt;
    if (!isScalarConstant(graph, otherInput(rewriter.node(add), rewriter.node(erf).outputs[0]), 1.0)) return std::nullopt;
    Activation match{x, -1, {shrink, erf, add}};
    bool sawInput = false;
    bool sawHalf = false;
    ValueId current = rewriter.node(add).outputs[0];
    while (!sawInput || !sawHalf) {
        const int next = rewriter.onlyReader(current);
        if (next < 0 || !rewriter.node(next).is("Mul")) return std::nullopt;
        const ValueId other = otherInput(rewriter.node(next), current);
        const int half = rewriter.producer(other, "Mul");
        if (other == x && !sawInput) {
            sawInput = true;
        } else if (!sawHalf && isScalarConstant(graph, other, 0.5)) {
            sawHalf = true;
        } else if (!sawInput && !sawHalf && half >= 0 && rewriter.onlyReader(other) == next &&
                   isScalarConstant(graph, otherInput(rewriter.node(half), x), 0.5)) {
            sawInput = sawHalf = true;
            match.nodes.push_back(half);
        } else {
            return std::nullopt;
        }
        if (match.last >= 0) match.nodes.push_back(match.last);
        match.last = next;
        current = rewriter.node(next).outputs[0];
    }
    return match;
}

}  // namespace trimtab::graph
