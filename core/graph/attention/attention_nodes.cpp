#include "core/graph/attention/attention_nodes.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "core/graph/attention/kv_rounding.h"

namespace trimtab::graph {
namespace {

template <std::size_t N>
bool isOneOf(const Node& node, const std::array<std::string_view, N>& names) {
    return node.domain.empty() && std::ranges::find(names, node.op) != names.end();
}

/// What may stand between the scores and their softmax.
bool shapesScores(const Node& node) {
    constexpr std::array<std::string_view, 15> kBetween{"Add",     "Sub",       "Mul",  "Div",  "Where", "Cast", "Reshape", "Transpose",
                                                        "Squeeze", "Unsqueeze", "Tanh", "Clip", "Min",   "Max",  "Identity"};
    return isOneOf(node, kBetween);
}

/// And between the softmax and the product that mixes values.
bool handsOnWeights(const Node& node) {
    constexpr std::array<std::string_view, 9> kBetween{"Cast",    "Dropout",   "Identity", "Reshape", "Transpose",
                                                       "Squeeze", "Unsqueeze", "Where",    "Mul"};
    return isOneOf(node, kBetween);
}

bool multipliesActivations(const Graph& graph, const Node& node) {
    return node.is("MatMul") && node.inputs.size() == 2 && !graph.value(node.input(0)).isConstant() &&
           !graph.value(node.input(1)).isConstant();
}

bool isLastAxis(const Graph& graph, const Node& softmax) {
    const std::int64_t axis = softmax.integer("axis", softmax.version >= 13 ? -1 : 1);
    if (axis == -1) return true;
    const auto& dims = graph.value(softmax.input(0)).type.dims;
    return dims && axis == static_cast<std::int64_t>(dims->size()) - 1;
}

/// The products that the scores at `from` are made of.
std::set<int> productsBefore(const Graph& graph, const std::vector<int>& producers, ValueId from) {
    std::set<int> found, seen;
    std::vector<ValueId> open{from};
    while (!open.empty()) {
        const ValueId value = open.back();
        open.pop_back();
        const int producer = value == kNoValue ? -1 : producers[static_cast<std::size_t>(value)];
        if (producer < 0 || !seen.insert(producer).second) continue;
        const Node& node = graph.nodes[static_cast<std::size_t>(producer)];
        if (multipliesActivations(graph, node)) found.insert(producer);
        else if (shapesScores(node)) open.insert(open.end(), node.inputs.begin(), node.inputs.end());
    }
    return found;
}

/// The products whose left operand are these weights.
std::set<int> productsBehind(const Graph& graph, const std::vector<std::vector<int>>& consumers, ValueId from) {
    std::set<int> found, seen;
    std::vector<ValueId> open{from};
    while (!open.empty()) {
        const ValueId value = open.back();
        open.pop_back();
        for (const int reader : consumers[static_cast<std::size_t>(value)]) {
            const Node& node = graph.nodes[static_cast<std::size_t>(reader)];
            if (!seen.insert(reader).second) continue;
            if (multipliesActivations(graph, node) && node.input(0) == value) found.insert(reader);
            else if (handsOnWeights(node) && node.output(0) != kNoValue) open.push_back(node.output(0));
        }
    }
    return found;
}

bool leadsToSoftmax(const Graph& graph, ValueId from) {
    const auto consumers = graph.consumers();
    std::set<int> seen;
    std::vector<ValueId> open{from};
    while (!open.empty()) {
        const ValueId value = open.back();
        open.pop_back();
        for (const int reader : consumers[static_cast<std::size_t>(value)]) {
            const Node& node = graph.nodes[static_cast<std::size_t>(reader)];
            if (node.is("Softmax")) return true;
            if (seen.insert(reader).second && shapesScores(node) && node.output(0) != kNoValue) open.push_back(node.output(0));
        }
    }
    return false;
}

std::optional<std::int64_t> extent(const Graph& graph, ValueId value, std::size_t fromEnd, std::size_t rank) {
    if (value == kNoValue) return std::nullopt;
    const auto& dims = graph.value(value).type.dims;
    if (!dims || dims->size() != rank || !(*dims)[rank - 1 - fromEnd].isKnown()) return std::nullopt;
    return (*dims)[rank - 1 - fromEnd].extent;
}

std::size_t rankOf(const Graph& graph, ValueId value) {
    return value == kNoValue || !graph.value(value).type.dims ? 0 : graph.value(value).type.dims->size();
}

std::optional<CacheRow> rowOf(std::optional<std::int64_t> heads, std::optional<std::int64_t> channels) {
    if (!heads || !channels || *heads < 1 || *channels < 1) return std::nullopt;
    return CacheRow{*heads, *channels};
}

std::optional<std::int64_t> share(std::optional<std::int64_t> width, std::int64_t parts) {
    return width && parts > 0 ? std::optional(*width / parts) : std::nullopt;
}

/// Keys or values of `heads` heads: [batch, tokens, channels of all], or [batch, heads, tokens, channels].
std::optional<CacheRow> ofRows(const Graph& graph, ValueId rows, std::int64_t heads) {
    if (rankOf(graph, rows) == 4) return rowOf(extent(graph, rows, 2, 4), extent(graph, rows, 0, 4));
    return rowOf(heads, share(extent(graph, rows, 0, 3), heads));
}

/// Where queries, keys and values are made of one input by one weight.
std::optional<CacheRow> ofProjected(const Graph& graph, const Node& node, CachePart part) {
    const std::int64_t heads = node.integer("num_heads", 0);
    const auto widths = node.integers("qkv_hidden_sizes");
    if (widths.size() == 3) return rowOf(heads, share(widths[part == CachePart::Keys ? 1 : 2], heads));
    return rowOf(heads, share(extent(graph, node.input(1), 0, 2), 3 * heads));
}

std::optional<CacheRow> ofFused(const Graph& graph, const Node& node, CachePart part) {
    if (node.is("Attention", "com.microsoft")) return ofProjected(graph, node, part);
    const std::int64_t heads = node.integer("num_heads", node.integer("q_num_heads", 0));
    const std::int64_t kvHeads = node.integer("kv_num_heads", heads);
    if (node.input(1) != kNoValue && node.input(2) != kNoValue) return ofRows(graph, node.input(part == CachePart::Keys ? 1 : 2), kvHeads);
    // Keys and values behind the queries, or beside each other.
    if (node.is("GroupQueryAttention", "com.microsoft"))
        return rowOf(kvHeads, share(extent(graph, node.input(0), 0, 3), heads + 2 * kvHeads));
    return rowOf(kvHeads, extent(graph, node.input(1) == kNoValue ? node.input(0) : node.input(1), 0, 5));
}

}  // namespace

bool isFusedAttention(const Node& node) {
    return node.is("Attention") || node.is("Attention", "com.microsoft") || node.is("MultiHeadAttention", "com.microsoft") ||
           node.is("GroupQueryAttention", "com.microsoft");
}

std::vector<AttentionNodes> attentionNodes(const Graph& graph) {
    const std::vector<int> producers = graph.producers();
    const std::vector<std::vector<int>> consumers = graph.consumers();
    std::vector<AttentionNodes> found;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const Node& node = graph.nodes[i];
        const auto index = static_cast<int>(i);
        if (isFusedAttention(node)) found.push_back({index, index});
        if (!node.is("Softmax") || !isLastAxis(graph, node)) continue;
        const auto scores = productsBefore(graph, producers, node.input(0));
        const auto mixes = productsBehind(graph, consumers, node.output(0));
        if (scores.size() == 1 && mixes.size() == 1) found.push_back({*scores.begin(), *mixes.begin()});
    }
    std::ranges::sort(found, {}, &AttentionNodes::scores);
    return found;
}

bool comesFromSoftmax(const Graph& graph, const std::vector<int>& producers, ValueId value) {
    std::set<int> seen;
    std::vector<ValueId> open{value};
    while (!open.empty()) {
        const ValueId next = open.back();
        open.pop_back();
        const int producer = next == kNoValue ? -1 : producers[static_cast<std::size_t>(next)];
        if (producer < 0 || !seen.insert(producer).second) continue;
        const Node& node = graph.nodes[static_cast<std::size_t>(producer)];
        if (node.is("Softmax")) return true;
        if (handsOnWeights(node)) open.insert(open.end(), node.inputs.begin(), node.inputs.end());
    }
    return false;
}

// A part of a graph may hold one of the products and not the softmax between them: then what can still be seen decides, and a product that
// leads to no softmax mixes values.
CachePart cachePartOf(const Graph& graph, const Node& node) {
    const std::vector<int> producers = graph.producers();
    if (comesFromSoftmax(graph, producers, node.input(0))) return CachePart::Values;
    const bool isMade = producers[static_cast<std::size_t>(node.input(0))] >= 0;
    return isMade || leadsToSoftmax(graph, node.output(0)) ? CachePart::Keys : CachePart::Values;
}

std::optional<CacheRow> cacheRowOf(const Graph& graph, const AttentionNodes& attention, CachePart part) {
    const bool isKeys = part == CachePart::Keys;
    const Node& node = graph.nodes[static_cast<std::size_t>(isKeys ? attention.scores : attention.mix)];
    if (isFusedAttention(node)) return ofFused(graph, node, part);
    const ValueId operand = node.input(1);
    const std::size_t rank = rankOf(graph, operand);
    if (rank != 2 && rank != 4) return std::nullopt;  // of three axes the first may hold batches as well as heads
    return rowOf(rank == 2 ? 1 : extent(graph, operand, 2, 4), extent(graph, operand, isKeys ? 1 : 0, rank));
}

}  // namespace trimtab::graph
