#pragma once
// float4e2m1 under powers of two (OCP Microscaling Formats 1.0, MXFP4), as compressed-tensors' mxfp4-pack-quantized stores it:
//   weight_packed uint8 [outputs, inputs / 2], the first of two inputs in the low bits; weight_scale uint8 [outputs, inputs / 32]
//   value[n][k] = e2m1(code[n][k]) · 2^(weight_scale[n][k / 32] − 127)
#include "core/formats/huggingface/quantized/module_tensors.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::formats::huggingface {

inline constexpr std::int64_t kMxGroup = 32;

/// Refused, naming the tensor, where one of the two is missing, of another type or shape, or where a scale is no number (255).
Result<tensor::QuantizedWeight> mx4Codes(const ModuleTensors& module, const Shape& shape, bool read);

}  // namespace trimtab::formats::huggingface
