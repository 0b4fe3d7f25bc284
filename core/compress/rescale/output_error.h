#pragma once
// What a change of weights does to a layer's output, without the calibration data themselves: with G = XᵀX over all rows of the input X,
//   ‖X ΔWᵀ‖² = tr(ΔW · G · ΔWᵀ)
#include <cstdint>
#include <span>

#include "core/base/result.h"
#include "core/compress/tensor_math.h"

namespace trimtab::compress {

/// tr(ΔW · G · ΔWᵀ), not below 0. `difference` is ΔW, rows × columns; `gram` is G, columns × columns; both row-major. Works in stripes of
/// rows, so the scratch is a few MiB. REQUIRES: sizes that fit.
Result<double> outputError(std::span<const float> difference, std::int64_t columns, std::span<const float> gram, TensorMath& math);

}  // namespace trimtab::compress
