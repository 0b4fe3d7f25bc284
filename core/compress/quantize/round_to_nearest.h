#pragma once
// Round-to-nearest quantisation of a weight matrix, on the steps that its format has for the range of the data itself (code_grid.h).
#include <vector>

#include "core/recipe/recipe.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::compress {

/// `values` are rows × columns (tensor::toRows). spec.group: 0 one scale for each row, n > 0 one for n columns (the last group may be
/// short; more than `columns` counts as one group), −1 one scale for everything; mxfp4 and nvfp4 have their own. Groups of zeros get
/// scale 1. An error of integers is at most half a step of its group, of floating codes half the gap between the codes around the value,
/// but for what mxfp4 and nvfp4 clip. Refused for infinities. REQUIRES: 2 ≤ bits ≤ 8, no NaN, values.size() == rows × columns.
Result<tensor::QuantizedWeight> roundToNearest(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                               const recipe::WeightSpec& spec);

}  // namespace trimtab::compress
