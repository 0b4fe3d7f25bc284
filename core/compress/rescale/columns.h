#pragma once
// A factor for each input column: (W · diag(s)) (diag(s)⁻¹ x) = W x, so what is hard to round can be moved between a layer's input and
// its weights. The methods of this folder choose s.
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/tensor/tensor.h"

namespace trimtab::compress {

/// Raises each maximum to the largest magnitude of its column; once for each weight that reads the same input. `rows` is row-major.
/// REQUIRES: rows.size() is a multiple of maxima.size().
void raiseToColumnMaxima(std::span<const float> rows, std::span<float> maxima);

/// rows · diag(scales), in place. REQUIRES: as above.
void multiplyColumns(std::span<float> rows, std::span<const float> scales);
/// rows · diag(scales)⁻¹, in place. REQUIRES: as above, no scale is 0.
void divideColumns(std::span<float> rows, std::span<const float> scales);

/// Each scale becomes the nearest power of two by its logarithm: what it multiplies or divides then keeps every digit in any floating type.
void roundToPowersOfTwo(std::span<float> scales);

/// The number as a scale: normal, finite, above 0; 1 for NaN.
float usableColumnScale(double scale);

/// The tensor in its own type, each element times the factor of its index. Products are formed in double: a float64 loses no digits.
/// REQUIRES: a floating type.
Result<Tensor> multiplied(const Tensor& tensor, const std::function<double(std::int64_t index)>& factor);

}  // namespace trimtab::compress
