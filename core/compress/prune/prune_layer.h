#pragma once
// Pruning of one layer as its recipe says: importance, pattern, and what the method knows of the inputs.
#include "core/compress/calibrate/layer_inputs.h"

namespace trimtab::compress {

/// 1 where a weight stays, by the spec's method (none of second order), pattern and ratio. "wanda" wants inputs with columns.
std::vector<std::uint8_t> prunedMask(std::span<const float> values, std::int64_t columns, const recipe::PruneSpec& spec,
                                     const LayerInputs& inputs, const std::string& layer);

/// Zeroes weights of `rows` × `columns` values (tensor::toRows) in place; sparsegpt also changes those that stay. `inputs` as needsOf()
/// says for the settings, else empty. `layer` tells the random masks of layers apart.
Status pruneLayer(std::vector<float>& values, std::int64_t rows, std::int64_t columns, const recipe::PruneSpec& spec,
                  const LayerInputs& inputs, const std::string& layer, const Tools& tools);

}  // namespace trimtab::compress
