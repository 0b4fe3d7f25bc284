#include "core/compress/rescale/divide_input.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "core/compress/rescale/columns.h"
#include "core/tensor/convert.h"

namespace trimtab::compress {
namespace {

using graph::Node;
using graph::ValueId;

/// The constant holds one number for each of the columns and no more.
bool isRow(const Graph& graph, ValueId id, std::size_t columns) {
    const Tensor* constant = graph.constantOf(id);
    if (!constant || !tensor::isFloatingPoint(constant->type()) || constant->shape().rank() < 1) return false;
    return constant->elementCount() == static_cast<std::int64_t>(columns) &&
           constant->shape()[constant->shape().rank() - 1] == static_cast<std::int64_t>(columns);
}

Result<Tensor> divided(const Tensor& row, std::span<const float> scales) {
    return multiplied(row, [&](std::int64_t i) { return 1.0 / scales[static_cast<std::size_t>(i)]; });
}

Status replaceConstant(Graph& graph, std::size_t node, std::size_t input, Tensor constant) {
    const std::string name = graph.value(graph.nodes[node].inputs[input]).name + "_divided";
    graph.nodes[node].inputs[input] = graph.addConstant(name, std::move(constant));
    return {};
}

/// Which inputs of the producer, divided, divide its output; none where that cannot be.
std::vector<std::size_t> divisibleInputs(const Graph& graph, const Node& node, std::size_t columns) {
    const bool lastAxis = node.integer("axis", -1) == -1;
    if (node.is("LayerNormalization") || node.is("RMSNormalization") || node.is("SimplifiedLayerNormalization")) {
        if (!lastAxis || !isRow(graph, node.input(1), columns)) return {};
        if (node.input(2) == graph::kNoValue) return {1};
        return isRow(graph, node.input(2), columns) ? std::vector<std::size_t>{1, 2} : std::vector<std::size_t>{};
    }
    if (!node.is("Mul")) return {};
    for (const std::size_t i : {0U, 1U})
        if (isRow(graph, node.input(i), columns) && !graph.value(node.input(1 - i)).isConstant()) return {i};
    return {};
}

bool readByThemAlone(const Graph& graph, ValueId x, std::span<const std::size_t> readers) {
    if (graph.isOutput(x)) return false;
    std::size_t reads = 0;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const auto times = std::ranges::count(graph.nodes[i].inputs, x);
        if (times == 0) continue;
        if (times > 1 || std::ranges::find(readers, i) == readers.end()) return false;
        ++reads;
    }
    return reads == readers.size();
}

Result<bool> foldIntoProducer(Graph& graph, ValueId x, std::span<const std::size_t> readers, std::span<const float> scales) {
    const int producer = graph.producers()[static_cast<std::size_t>(x)];
    if (producer < 0 || !readByThemAlone(graph, x, readers)) return false;
    const auto index = static_cast<std::size_t>(producer);
    if (graph.nodes[index].output(0) != x) return false;
    const auto inputs = divisibleInputs(graph, graph.nodes[index], scales.size());
    for (const std::size_t input : inputs) {
        TRIMTAB_TRY(Tensor constant, divided(*graph.constantOf(graph.nodes[index].inputs[input]), scales));
        TRIMTAB_REQUIRE(replaceConstant(graph, index, input, std::move(constant)));
    }
    return !inputs.empty();
}

/// Makes the readers read a value of its own; the node that computes it has yet to be placed.
Result<Node> divisionNode(Graph& graph, const Division& division) {
    const ValueId x = division.value;
    const graph::ValueType type = graph.value(x).type;
    const std::vector<float> one(division.scales.size(), 1.0F);
    TRIMTAB_TRY(const Tensor ones, tensor::convert(Tensor::fromFloats({static_cast<std::int64_t>(one.size())}, one), type.type));
    TRIMTAB_TRY(Tensor row, divided(ones, division.scales));
    Node node;
    node.op = "Mul";
    const auto opset = graph.opsets.find("");
    node.version = opset == graph.opsets.end() ? 14 : opset->second;
    node.name = graph.uniqueValueName(graph.value(x).name + "_rescale");
    graph::Value made;
    made.name = graph.uniqueValueName(graph.value(x).name + "_rescaled");
    made.type = type;
    const ValueId rescaled = graph.addValue(std::move(made));
    node.inputs = {x, graph.addConstant(graph.value(x).name + "_inverse_scales", std::move(row))};
    node.outputs = {rescaled};
    for (const std::size_t reader : division.readers) {
        Node& layer = graph.nodes[reader];
        layer.inputs[0] = rescaled;
        for (const std::string& origin : layer.origins)
            if (std::ranges::find(node.origins, origin) == node.origins.end()) node.origins.push_back(origin);
    }
    return node;
}

}  // namespace

// Readers of one value may stand on both sides of another's, so no node is put in before all readers are rewired. Producers take what they
// can while every reader still reads them: afterwards a value that two divisions share would look as if one of them alone read it.
Status divideInputs(Graph& graph, std::span<const Division> divisions) {
    std::vector<const Division*> left;
    for (const Division& division : divisions) {
        TRIMTAB_TRY(const bool folded, foldIntoProducer(graph, division.value, division.readers, division.scales));
        if (!folded) left.push_back(&division);
    }
    std::vector<std::pair<std::size_t, Node>> made;  // each with the node that it stands before
    for (const Division* division : left) {
        TRIMTAB_TRY(Node node, divisionNode(graph, *division));
        made.emplace_back(division->readers.front(), std::move(node));
    }
    std::ranges::stable_sort(made, std::greater{}, [](const auto& entry) { return entry.first; });
    for (auto& [before, node] : made) graph.nodes.insert(graph.nodes.begin() + static_cast<std::ptrdiff_t>(before), std::move(node));
    return {};
}

}  // namespace trimtab::compress
