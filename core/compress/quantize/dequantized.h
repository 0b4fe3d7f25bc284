#pragma once
// Codes back to the numbers that they stand for, where they stand.
#include <vector>

#include "core/tensor/quantized_weight.h"

namespace trimtab::compress {

/// rows × columns values, row-major.
std::vector<float> dequantizedRows(const tensor::QuantizedWeight& weight);

}  // namespace trimtab::compress
