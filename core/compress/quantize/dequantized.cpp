#include "core/compress/quantize/dequantized.h"

#include "core/tensor/code_values.h"

namespace trimtab::compress {

std::vector<float> dequantizedRows(const tensor::QuantizedWeight& weight) { return tensor::decodedRows(weight); }

}  // namespace trimtab::compress
