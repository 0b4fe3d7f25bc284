#pragma once
// Conversions of whole tensors between number formats.
#include "core/tensor/minifloat.h"
#include "core/tensor/tensor.h"

namespace trimtab::tensor {

/// Element-wise conversion with ONNX Cast semantics: float to integer truncates (below a byte: to the nearest, within the range),
/// out-of-range wraps as in C for integers, float16/bfloat16 round to nearest even, anything to Bool is x != 0. The same type returns the
/// same bytes. `rules` speak of minifloats alone. Unsupported for String and complex types.
Result<Tensor> convert(const Tensor& from, DataType to, MinifloatRules rules = {});

/// Element i as a double or as an int64 (any numeric type, sub-byte types included). For small tensors such as shapes and axes.
double elementAsDouble(const Tensor& tensor, std::int64_t index);
std::int64_t elementAsInt64(const Tensor& tensor, std::int64_t index);
/// All elements as int64 / float; for small tensors and tests.
std::vector<std::int64_t> toInt64s(const Tensor& tensor);
std::vector<float> toFloats(const Tensor& tensor);

/// Seeded values for an input that was not given: normal(0, 1) for floats, uniform in [low, high) for integers, fair coin for Bool.
Result<Tensor> randomTensor(DataType type, Shape shape, std::uint64_t seed, std::int64_t low = 0, std::int64_t high = 2);

}  // namespace trimtab::tensor
