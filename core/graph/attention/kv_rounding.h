#pragma once
// Keys and values as a cache of few bits holds them. Every engine that imitates such a cache agrees on:
//   low = min x, scale = (max x − min x) / (2^b − 1) over the values that share a range,
//   x' = low + scale · round((x − low) / scale), halves to even; x' = x where all of them are one number
// in float32. Source: Liu et al. 2024, "KIVI: A Tuning-Free Asymmetric 2bit Quantization for KV Cache", section 3.1. What shares a range:
//   head      the channels of one token in one head
//   channel   the tokens of one channel in one head, all that are there when attention runs (KIVI closes groups of tokens instead, and
//             does so for keys alone)
#include <span>

#include "core/graph/attention/attention_nodes.h"

namespace trimtab::graph {

/// A range for each row, or for each column, of row-major values. `out` may be `values`. A range that holds NaN or infinities, or is
/// wider than float32 can say, is handed on as it is. REQUIRES: 2 ≤ bits ≤ 8, rows · columns values in both.
void roundCache(std::span<const float> values, std::int64_t rows, std::int64_t columns, bool rangePerRow, int bits, std::span<float> out);

/// Which of the two a product of attention is: the one whose left operand comes from a Softmax mixes values. REQUIRES: an op MatMul of
/// `graph` with treatment.kvBits < 32.
CachePart cachePartOf(const Graph& graph, const Node& node);

/// The operand as the treatment has it kept: each matrix of the last two axes by itself, in the operand's type. REQUIRES: treatment.kvBits
/// < 32, a floating type, rank ≥ 2.
Result<Tensor> roundedCache(const Treatment& treatment, CachePart part, const Tensor& operand);
/// The same into memory that is there; `shape` is the operand's.
void roundCache(const Treatment& treatment, CachePart part, const Shape& shape, std::span<const float> operand, std::span<float> out);

}  // namespace trimtab::graph
