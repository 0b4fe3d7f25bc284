// What depends on constants alone is computed once. Results of shape arithmetic come from shape inference, which knows many of them
// even while other dims are still symbols; everything else from the evaluator that is handed in.
#include <algorithm>
#include <array>

#include "core/graph/passes/passes.h"
#include "core/graph/passes/rewriter.h"
#include "core/graph/shape_inference.h"
#include "core/graph/shapes/known_contents.h"

namespace trimtab::graph {

namespace {

constexpr std::array<std::string_view, 7> kRandomOperators = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
                                                              "Multinomial",  "Bernoulli",        "Dropout"};

bool isFoldable(const Graph& graph, const Node& node) {
    if (node.domain == "trimtab" || std::ranges::find(kRandomOperators, node.op) != kRandomOperators.end()) return false;
    for (const auto& [key, attribute] : node.attributes) {
        if (std::holds_alternative<std::shared_ptr<const Graph>>(attribute)) return false;
    }
    const auto isReady = [&](ValueId id) { return id == kNoValue || graph.constantOf(id) != nullptr; };
    const auto isTensor = [&](ValueId id) {
        return id == kNoValue || (!graph.value(id).type.isSequence && !graph.value(id).type.isOptional);
    };
    return std::ranges::all_of(node.inputs, isReady) && std::ranges::all_of(node.outputs, isTensor) &&
           std::ranges::any_of(node.outputs, [](ValueId id) { return id != kNoValue; });
}

std::int64_t inputBytes(const Graph& graph, const Node& node) {
    std::int64_t bytes = 0;
    for (const ValueId id : node.inputs) {
        if (const Tensor* tensor = graph.constantOf(id)) bytes += static_cast<std::int64_t>(tensor->bytes().size());
    }
    return bytes;
}

/// By inferred types; 0 for outputs whose shape is not known.
std::int64_t expectedBytes(const Graph& graph, const Node& node) {
    std::int64_t bytes = 0;
    for (const ValueId id : node.outputs) {
        const auto shape = id == kNoValue ? std::nullopt : graph.value(id).type.shape();
        const auto count = shape ? shape->checkedElementCount() : std::nullopt;
        const auto size = count ? tensor::byteSize(graph.value(id).type.type, *count) : std::nullopt;
        if (size) bytes += *size;
    }
    return bytes;
}

class Folding {
public:
    Folding(Graph& graph, NodeEvaluator& evaluator, std::int64_t maxBytes) : m_graph(graph), m_evaluator(evaluator), m_left(maxBytes) {}

    void run() {
        for (Node& node : m_graph.nodes) {
            if (!isFoldable(m_graph, node) || isNeededAsNode(node)) continue;
            const std::int64_t before = inputBytes(m_graph, node);
            if (tooLarge(expectedBytes(m_graph, node), before)) continue;
            auto results = compute(node);
            if (!results || results->size() != node.outputs.size()) continue;
            std::int64_t after = 0;
            for (const Tensor& result : *results) after += static_cast<std::int64_t>(result.bytes().size());
            if (tooLarge(after, before)) continue;
            m_left -= std::max<std::int64_t>(0, after - before);
            for (std::size_t i = 0; i < results->size(); ++i) settle(node.outputs[i], std::move((*results)[i]));
            node.outputs.assign(node.outputs.size(), kNoValue);
        }
    }

    /// An output that came out known becomes a constant.
    void settle(ValueId id, Tensor tensor) {
        if (id == kNoValue || !tensor.defined()) return;
        Value& value = m_graph.value(id);
        value.type = ValueType::of(tensor.type(), tensor.shape());
        value.constant = std::move(tensor);
    }

    /// Graph outputs stay the work of a node: engines hand out what nodes make.
    bool isNeededAsNode(const Node& node) const {
        return std::ranges::any_of(node.outputs, [&](ValueId id) { return id != kNoValue && m_graph.isOutput(id); });
    }

private:
    bool tooLarge(std::int64_t bytes, std::int64_t before) const { return bytes > before && bytes - before > m_left; }

    /// A failure leaves the node in place: running it will tell why.
    std::optional<std::vector<Tensor>> compute(const Node& node) {
        if (node.is("Constant")) {
            if (const Tensor* value = node.tensorAttribute("value")) return std::vector<Tensor>{*value};
        }
        std::vector<Tensor> inputs;
        for (const ValueId id : node.inputs) {
            const Tensor* tensor = m_graph.constantOf(id);
            inputs.push_back(tensor != nullptr ? *tensor : Tensor());
        }
        auto results = m_evaluator.evaluate(node, inputs);
        if (!results) return std::nullopt;
        return std::move(*results);
    }

    Graph& m_graph;
    NodeEvaluator& m_evaluator;
    std::int64_t m_left;  // growth that is still allowed, over the whole graph
};

}  // namespace

Status foldConstants(Graph& graph, NodeEvaluator& evaluator, std::int64_t maxBytes) {
    TRIMTAB_TRY(auto known, shapes::knownContents(graph));
    Folding folding(graph, evaluator, maxBytes);
    const std::vector<int> producers = graph.producers();
    for (auto& [id, tensor] : known) {
        Node& maker = graph.nodes[static_cast<std::size_t>(producers[static_cast<std::size_t>(id)])];
        if (graph.isOutput(id)) continue;
        std::ranges::replace(maker.outputs, id, kNoValue);
        folding.settle(id, std::move(tensor));
    }
    folding.run();
    graph.removeDeadNodes();
    return inferShapes(graph);
}

}  // namespace trimtab::graph
