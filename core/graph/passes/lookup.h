#pragma once
// Functions of one 8-bit code, as tables of 256 results: entry i belongs to the code whose byte is i.
#include "core/graph/node_evaluator.h"
#include "core/graph/passes/affine.h"
#include "core/graph/passes/rewriter.h"

namespace trimtab::graph {

/// What a dequantiser and a quantiser behind it make of every code; nullopt when the evaluator knows one of them not.
std::optional<Tensor> requantizationTable(const Graph& graph, NodeEvaluator& evaluator, const Node& dequantizer, const Node& quantizer);

/// DequantizeLinear → element-wise functions of that one value, read by nobody else → the quantiser at `sink` becomes a Lookup, its table
/// made by running the chain on all codes. A pair that only goes there and back is passed by.
void fuseLookup(Rewriter& rewriter, int sink, NodeEvaluator& evaluator);

/// A Lookup of a Lookup becomes one, and so does a QuantizedAdd or QuantizedMul of two functions of the same codes.
void joinLookups(Rewriter& rewriter, NodeEvaluator& evaluator);

}  // namespace trimtab::graph
