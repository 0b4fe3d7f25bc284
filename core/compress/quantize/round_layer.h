#pragma once
// Rounding of one layer by the method that its recipe names.
#include "core/compress/calibrate/layer_inputs.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::compress {

/// `values` are rows × columns (tensor::toRows), pruned already where `isPruned`: those zeros stay zero. `inputs` as needsOf() says for the
/// settings, else empty.
Result<tensor::QuantizedWeight> roundLayer(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                           const recipe::WeightSpec& spec, bool isPruned, const LayerInputs& inputs, const Tools& tools);

}  // namespace trimtab::compress
