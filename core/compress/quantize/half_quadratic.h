#pragma once
// Half-quadratic quantisation: steps without calibration data, by the l_p error of the weights with p = 0.7, under which a few large errors
// count for little beside many small ones. With an auxiliary error e for each weight, in units of the scale s,
//   min over e and the step of  Σ |e|^p + (β/2) Σ (e − (w − ŵ)/s)²
// is solved in turns:
//   e    ← sign(x) · max(|x| − |x|^(p−1) / β, 0)  with x = (w − ŵ)/s, the generalised soft threshold
//   step ← least squares of w/s − e on the codes q:  w/s − e ≈ a · (q − z);  z is rounded, a multiplies s
//   β    ← κ β
// Source: Badri and Shaji 2023, "Half-Quadratic Quantization of Large Machine Learning Models" (β = 10, κ = 1.01, at most 20 turns, which
// end when the error hardly falls any more, here by less than a thousandth).
// Theirs keeps s and moves a z with a fraction. Our zero points are whole codes, and a whole shift alone leaves every rounding error as it
// was and only moves the ends, so s is fitted too; with z = 0 the same turns serve the symmetric scheme. As β is taken in units of s, the
// result does not depend on the units of the weights. The turns start from the full range and end in the local minimum beside it, as theirs
// do. That is meant: on normal weights of 4 bits, starts from half the range lower the l_p error further, but give up so many large weights
// that the squared error is 1.5 times that of plain rounding.
#include <span>
#include <vector>

#include "core/compress/quantize/by_group.h"

namespace trimtab::compress {

/// p of the error.
inline constexpr double kErrorPower = 0.7;

/// Σ |w − ŵ|^p of the values rounded on this step, in double.
double powerError(std::span<const float> values, const Step& step, int bits, bool symmetric);

/// Of all steps met on the way, that of least powerError(); stepFor(rangeOf(values), …) is the first of them. REQUIRES: finite values.
Step halfQuadraticStep(std::span<const float> values, int bits, bool symmetric);

/// As roundToNearest(), on half-quadratic steps.
Result<tensor::QuantizedWeight> halfQuadratic(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                              const recipe::WeightSpec& spec);

}  // namespace trimtab::compress
