#pragma once
// The search for clipped ranges that follows AWQ's scales: a group's range is shrunken where its share of the layer's outputs comes closer
// to what it was. With G = Σ x·xᵀ of the (divided) inputs and G_g its block of the group's columns, of the shares 1, 0.95 … 0.5
// that of least
//   ‖X_g (w_g − ŵ_g)ᵀ‖² = (w_g − ŵ_g) · G_g · (w_g − ŵ_g)ᵀ
// is taken, and of equals the largest. Each group for itself: products of different groups are left out.
// Source: Lin et al. 2023, "AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration"; the search stands in the
// authors' code alone (llm-awq, auto_clip.py: max_shrink 0.5, n_grid 20).
#include <functional>
#include <span>
#include <vector>

#include "core/compress/tensor_math.h"
#include "core/recipe/recipe.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::compress {

/// As roundToNearest(), on steps that cover the chosen share of each group's range. `gram` is columns × columns, row-major. The scratch is
/// two copies of the weight at most. REQUIRES: spec.group ≥ 0. `cancelled` is polled between groups and may be empty.
Result<tensor::QuantizedWeight> roundClippedByOutputs(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                                      const recipe::WeightSpec& spec, std::span<const float> gram, TensorMath& math,
                                                      const std::function<bool()>& cancelled);

}  // namespace trimtab::compress
