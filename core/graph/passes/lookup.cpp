#include <algorithm>
#include <array>

#include "core/graph/passes/lookup.h"

namespace trimtab::graph {

namespace {

constexpr std::array<std::string_view, 22> kFunctions = {
    "Relu", "Clip", "Sigmoid", "HardSigmoid", "HardSwish", "LeakyRelu", "Tanh",  "Elu",   "Gelu",     "Silu",       "Exp",
    "Log",  "Sqrt", "Abs",     "Neg",         "Erf",       "Ceil",      "Floor", "Round", "Softplus", "Reciprocal", "Celu"};
constexpr std::array<std::string_view, 5> kWithNumber = {"Add", "Sub", "Mul", "Div", "Pow"};

/// The one input that is no constant of one element, where the node computes each element of it for itself; −1 otherwise.
int operandOf(const Graph& graph, const Node& node) {
    if (!node.domain.empty() && node.domain != "trimtab") return -1;
    const bool isFunction = std::ranges::find(kFunctions, node.op) != kFunctions.end();
    if (!isFunction && std::ranges::find(kWithNumber, node.op) == kWithNumber.end()) return -1;
    int operand = -1;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const ValueId input = node.inputs[i];
        if (input == kNoValue) continue;
        const Tensor* constant = graph.constantOf(input);
        // A number of more axes than the value would add axes to the result.
        if (constant && constant->elementCount() == 1 && constant->shape().rank() <= 1) continue;
        if (operand >= 0) return -1;
        operand = static_cast<int>(i);
    }
    return operand;
}

/// All 256 codes of a type, in the order of a table.
Tensor allCodes(DataType type) {
    std::vector<std::uint8_t> bytes(256);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
    return Tensor::fromValues<std::uint8_t>(type, Shape{256}, bytes);
}

/// Runs a node on `values` in the place of its operand.
std::optional<Tensor> applied(const Graph& graph, NodeEvaluator& evaluator, const Node& node, int operand, const Tensor& values) {
    std::vector<Tensor> inputs;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const Tensor* constant = graph.constantOf(node.inputs[i]);
        inputs.push_back(static_cast<int>(i) == operand ? values : constant ? *constant : Tensor());
    }
    auto results = evaluator.evaluate(node, inputs);
    if (!results || results->size() != 1 || results->front().shape() != values.shape()) return std::nullopt;
    return std::move(results->front());
}

}  // namespace

std::optional<Tensor> requantizationTable(const Graph& graph, NodeEvaluator& evaluator, const Node& dequantizer, const Node& quantizer) {
    const auto values = applied(graph, evaluator, dequantizer, 0, allCodes(graph.value(dequantizer.inputs[0]).type.type));
    return values ? applied(graph, evaluator, quantizer, 0, *values) : std::nullopt;
}

void fuseLookup(Rewriter& rewriter, int sink, NodeEvaluator& evaluator) {
    Graph& graph = rewriter.graph;
    // From the quantiser back to the codes.
    std::vector<std::pair<int, int>> chain{{sink, 0}};  // node, operand
    int source = -1;
    for (ValueId value = rewriter.node(sink).inputs[0];;) {
        const int maker = rewriter.producer(value);
        if (maker < 0 || !rewriter.usable(maker)) return;
        const Node& node = rewriter.node(maker);
        if (dequantizerOf(graph, node)) {
            source = maker;
            break;
        }
        const int operand = operandOf(graph, node);
        if (operand < 0 || node.outputs.size() != 1 || rewriter.onlyReader(value) != chain.back().first) return;
        chain.emplace_back(maker, operand);
        value = node.inputs[static_cast<std::size_t>(operand)];
    }
    const Affine from = *dequantizerOf(graph, rewriter.node(source));
    const ValueId codes = rewriter.node(source).inputs[0];
    const ValueId result = rewriter.node(sink).outputs[0];
    if (chain.size() == 1 && from == *quantizerOf(graph, rewriter.node(sink))) {
        if (!rewriter.pinned(result)) rewriter.bypass(sink, result, codes);
        return;
    }
    std::optional<Tensor> table = applied(graph, evaluator, rewriter.node(source), 0, allCodes(from.type));
    for (std::size_t i = chain.size(); table && i-- > 0;)
        table = applied(graph, evaluator, rewriter.node(chain[i].first), chain[i].second, *table);
    if (!table) return;
    std::vector<int> absorbed;
    for (const auto& [node, operand] : chain) absorbed.push_back(node);
    if (rewriter.readOnlyBy(rewriter.node(source).outputs[0], {chain.back().first})) absorbed.push_back(source);
    Node lookup = fusedNode(graph, rewriter.node(chain.size() > 1 ? chain[1].first : sink), "Lookup");
    lookup.inputs = {codes, graph.addConstant(lookup.name + "_table", std::move(*table))};
    lookup.outputs = {result};
    rewriter.replace(sink, std::move(lookup), absorbed);
}

namespace {

/// Codes as a function of other codes.
struct Function {
    ValueId of = kNoValue;
    Tensor table;
};

std::optional<Function> functionOf(const Rewriter& rewriter, ValueId codes) {
    if (const int maker = rewriter.producer(codes, "Lookup", "trimtab"); maker >= 0) {
        const Tensor* table = rewriter.graph.constantOf(rewriter.node(maker).input(1));
        if (table) return Function{rewriter.node(maker).inputs[0], *table};
    }
    const DataType type = rewriter.graph.value(codes).type.type;
    if (type != DataType::UInt8 && type != DataType::Int8) return std::nullopt;
    return Function{codes, allCodes(type)};
}

/// The makers of the inputs go with the node where nobody else reads them.
void replaceByLookup(Rewriter& rewriter, int index, ValueId of, Tensor table) {
    std::vector<int> absorbed;
    const Node& old = rewriter.node(index);
    for (std::size_t i = 0; i < old.inputs.size() && i < 2; ++i) {
        const int maker = rewriter.producer(old.inputs[i], "Lookup", "trimtab");
        if (maker >= 0 && rewriter.readOnlyBy(old.inputs[i], {index}) && std::ranges::find(absorbed, maker) == absorbed.end())
            absorbed.push_back(maker);
    }
    Node joined = fusedNode(rewriter.graph, old, "Lookup");
    joined.outputs = old.outputs;
    joined.inputs = {of, rewriter.graph.addConstant(joined.name + "_table", std::move(table))};
    rewriter.replace(index, std::move(joined), absorbed);
}

}  // namespace

void joinLookups(Rewriter& rewriter, NodeEvaluator& evaluator) {
    for (int i = 0; i < static_cast<int>(rewriter.nodeCount()); ++i) {
        if (!rewriter.usable(i)) continue;
        const Node node = rewriter.node(i);
        const bool isLookup = node.is("Lookup", "trimtab");
        if (!isLookup && !node.is("QuantizedAdd", "trimtab") && !node.is("QuantizedMul", "trimtab")) continue;
        const auto a = functionOf(rewriter, node.inputs[0]);
        if (!a) continue;
        if (isLookup) {
            if (a->of == node.inputs[0]) continue;
            const Tensor* table = rewriter.graph.constantOf(node.inputs[1]);
            if (!table) continue;
            auto joined = evaluator.evaluate(node, std::vector<Tensor>{a->table, *table});
            if (joined) replaceByLookup(rewriter, i, a->of, std::move(joined->front()));
            continue;
        }
        const auto b = functionOf(rewriter, node.inputs[1]);
        if (!b || a->of != b->of || rewriter.graph.value(a->of).isConstant()) continue;
        if (!sameShape(rewriter.graph.value(node.inputs[0]).type, rewriter.graph.value(node.inputs[1]).type)) continue;
        auto joined = evaluator.evaluate(node, std::vector<Tensor>{a->table, b->table});
        if (joined) replaceByLookup(rewriter, i, a->of, std::move(joined->front()));
    }
}

}  // namespace trimtab::graph
