#pragma once
// A weight matrix quantised group by group, on the steps that a method chooses for each of them.
#include <functional>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/compress/quantize/code_grid.h"
#include "core/recipe/recipe.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::compress {

/// The step for the values of one group, on the grid of the recipe's format.
using StepOfGroup = std::function<Step(const CodeGrid& grid, std::span<const float>)>;

/// Codes rounded to nearest on the steps that `stepOf` gives, called once a group in order of rows, or once for everything where spec.group
/// is −1. Groups, refusals and requirements as roundToNearest().
Result<tensor::QuantizedWeight> quantizeByGroup(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                                const recipe::WeightSpec& spec, const StepOfGroup& stepOf);

}  // namespace trimtab::compress
