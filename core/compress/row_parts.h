#pragma once
// A weight whose rows are rounded for themselves, taken a few rows at a time: what is worked on stays in the caches, and the largest weight
// of a model (the last product of a language model) keeps every processor busy.
#include <functional>

#include "core/compress/layer_weight.h"

namespace trimtab::compress {

/// Whether codes and scales of a row depend on that row alone, and its elements can be taken from the others.
bool roundsRowByRow(const recipe::WeightSpec& spec, DataType original);

/// Some rows of `columns` values each → their codes.
using RoundSomeRows = std::function<Result<tensor::QuantizedWeight>(const std::vector<float>& values, std::int64_t rows)>;

/// What storeWeight() makes of the untouched values of `original`. REQUIRES: roundsRowByRow().
Result<LayerWeight> storeByRows(const Tensor& original, const graph::WeightUse& use, const recipe::WeightSpec& spec,
                                const RoundSomeRows& round);

/// The share of all elements that are not zero.
double shareOfNonZeros(const Tensor& tensor);

}  // namespace trimtab::compress
