#include "core/graph/weights.h"

#include <unordered_set>

#include "core/tensor/convert.h"

namespace trimtab::graph {

namespace {

using tensor::WeightLayout;

/// nullopt for operators without a weight of their own.
std::optional<WeightLayout> layoutOf(const Node& node, int& minRank, int& maxRank) {
    minRank = maxRank = 2;
    if (node.is("Conv") || node.is("FusedConv", "trimtab")) {
        minRank = 3;
        maxRank = 64;
        return WeightLayout::OutputsFirst;
    }
    if (node.is("MatMul")) return WeightLayout::OutputsLast;
    if (node.is("Gemm") || node.is("FusedMatMul", "trimtab")) {
        return node.integer("transB", 0) != 0 ? WeightLayout::OutputsFirst : WeightLayout::OutputsLast;
    }
    return std::nullopt;
}

}  // namespace

std::vector<WeightUse> compressibleWeights(const Graph& graph) {
    std::vector<WeightUse> uses;
    std::unordered_set<ValueId> seen;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const Node& node = graph.nodes[i];
        int minRank = 0;
        int maxRank = 0;
        const auto layout = layoutOf(node, minRank, maxRank);
        const ValueId weight = node.input(1);
        if (!layout || weight == kNoValue || !graph.value(weight).isConstant()) continue;
        const ValueType& type = graph.value(weight).type;
        const auto shape = graph.value(weight).quantized ? std::optional(graph.value(weight).quantized->originalShape) : type.shape();
        const bool floating = graph.value(weight).quantized || tensor::isFloatingPoint(type.type);
        if (!floating || !shape || shape->rank() < minRank || shape->rank() > maxRank || shape->checkedElementCount().value_or(0) == 0)
            continue;
        if (!seen.insert(weight).second) continue;
        const std::int64_t rows = *layout == WeightLayout::OutputsFirst ? (*shape)[0] : (*shape)[1];
        uses.push_back({static_cast<int>(i), weight, *layout, rows, shape->elementCount() / rows});
    }
    return uses;
}

Result<Tensor> decodedWeight(const Value& value) {
    TRIMTAB_TRY(Tensor decoded, value.quantized->dequantize());
    return value.type.type == DataType::Float64 ? tensor::convert(decoded, DataType::Float64) : decoded;
}

}  // namespace trimtab::graph
