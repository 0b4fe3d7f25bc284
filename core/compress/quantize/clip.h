#pragma once
// Steps that clip: of all shrunken ranges the one of least squared error. Few bits gain most, for there a step that also covers the one
// large weight of a group is too wide for all the others. Zero stays exactly zero, as in step.h.
// Source of the idea: Banner, Nahshan, Soudry 2019, "Post training 4-bit quantization of convolutional networks", section 3.1; searched
// over the values themselves here, without their assumption on the distribution.
#include <span>
#include <vector>

#include "core/compress/quantize/by_group.h"

namespace trimtab::compress {

/// Σ (w − ŵ)² of the values rounded on this step, in double.
double squaredError(std::span<const float> values, const Step& step, int bits, bool symmetric);

/// The step of least Σ (w − ŵ)² over ranges of 1.00 … 0.20 of the full one (shrinkRange(); both ends are searched when asymmetric). Never
/// worse than stepFor(rangeOf(values), …). Costs about 50 roundings of the group, 150 when asymmetric. REQUIRES: finite values.
Step clippedStep(std::span<const float> values, int bits, bool symmetric);

/// As roundToNearest(), on clipped steps; of every format, as CodeGrid::clipped() says.
Result<tensor::QuantizedWeight> roundClipped(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                             const recipe::WeightSpec& spec);

}  // namespace trimtab::compress
