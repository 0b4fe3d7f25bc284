#pragma once
// A module's "weight" in float8, whose bit patterns are the codes.
#include "core/formats/huggingface/quantized/scale_grid.h"

namespace trimtab::formats::huggingface {

/// Whether there is a tensor and it is of a float8 that codes are held in.
bool isFloat8(const Tensor* weight);

/// Codes and the scales of `scales`, by `grid`. Refused, naming the tensor, where one of the two is missing, of another type or shape, or
/// where a code is no number.
Result<tensor::QuantizedWeight> float8Codes(const ModuleTensors& module, std::string_view scales, const ScaleGrid& grid, const Shape& shape,
                                            bool read);

}  // namespace trimtab::formats::huggingface
