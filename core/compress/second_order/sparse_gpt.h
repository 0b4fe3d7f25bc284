#pragma once
// SparseGPT: weights whose loss costs the layer's outputs least become zero, and those that stay make up for them as the inputs allow.
// What losing weight j costs is w_j² / U_jj², judged when its panel of columns has heard of all errors before it.
// Source: Frantar and Alistarh 2023, "SparseGPT: Massive Language Models Can Be Accurately Pruned in One-Shot", algorithm 1 and
// section 3.3.
#include <cstdint>
#include <functional>
#include <vector>

#include "core/compress/second_order/factor.h"

namespace trimtab::compress {

/// Either a share of the layer, or of every `of` columns in a row those `keep` that cost most stay.
struct Sparsity {
    double ratio = 0;       // 0 ≤ ratio < 1; read when `of` is 0
    std::int64_t keep = 0;  // 0 ≤ keep ≤ of
    std::int64_t of = 0;
};

/// One for each of the equal parts into which the rows fall, in their order: the groups of a convolution meet inputs of their own.
using PartFactors = std::vector<const InverseFactor*>;

/// Changes `values` (rows × columns, tensor::toRows) in place.
///   ratio: exactly countToPrune(ratio, rows × columns) weights over the layer as a whole become 0, panel by panel as many as keep the
///          count up to there exact; within a panel rows compete with each other, those of all parts too.
///   N:M:   of a tail of t < `of` columns ⌈keep · t / of⌉ stay.
/// Dead columns go first, the smallest weights first. Equals go in the order of rows, then columns. With columns that do not act together
/// this is pruning by magnitude within each panel of 128 columns. Refused for infinities; after an error or `cancelled` (polled between
/// panels) the values are of no use. REQUIRES: no NaN, at least one factor, their number divides rows, size == columns and order empty in
/// each.
Status sparseGpt(TensorMath& math, std::vector<float>& values, std::int64_t rows, std::int64_t columns, const PartFactors& factors,
                 const Sparsity& sparsity, const std::function<bool()>& cancelled = {});

}  // namespace trimtab::compress
