#pragma once
// The numbers that ONNX attributes (`to`, `dtype`) give to element types, as in TensorProto.DataType.
#include <cstdint>
#include <string_view>

#include "core/tensor/data_type.h"

namespace trimtab::ref {

/// Attribute `to` of Cast: a number, or before opset 6 a word ("FLOAT", "INT64", …).
DataType typeOfWord(std::string_view word);

/// Undefined for numbers that name no type we hold.
DataType typeOfNumber(std::int64_t number);

}  // namespace trimtab::ref
