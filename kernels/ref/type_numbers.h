#pragma once
// The numbers that ONNX attributes (`to`, `dtype`) give to element types, as in TensorProto.DataType.
#include <cstdint>

#include "core/tensor/data_type.h"

namespace trimtab::ref {

/// Undefined for numbers that name no type we hold.
DataType typeOfNumber(std::int64_t number);

}  // namespace trimtab::ref
