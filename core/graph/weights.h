#pragma once
// Which nodes have a weight that recipes act on, and how its tensor maps to rows (outputs) × columns (reduction).
#include <optional>
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::graph {

struct WeightUse {
    int node = -1;             // index into graph.nodes
    ValueId value = kNoValue;  // the constant weight
    tensor::WeightLayout layout = tensor::WeightLayout::OutputsFirst;
    std::int64_t rows = 0;     // output channels
    std::int64_t columns = 0;  // reduction length of one output
};

/// Conv (and FusedConv), MatMul / Gemm / FusedMatMul with a constant float weight of rank 2 (Conv: any rank >= 3), in node order.
/// A weight read by two nodes is listed with its first node only. Weights that were not read count by their type.
std::vector<WeightUse> compressibleWeights(const Graph& graph);

/// What a compressed weight's codes stand for, in full: float64 where the graph says so, float32 everywhere else (16-bit types would round
/// it). REQUIRES: value.quantized.
Result<Tensor> decodedWeight(const Value& value);

}  // namespace trimtab::graph
