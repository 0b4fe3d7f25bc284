#pragma once
// AWQ: before rounding, input columns that meet large activations are scaled up, so that their weights lose less.
//   s_j = (mean|x_j|)^α, all over sqrt(max s · min s),  Ŵ = Q(W diag(s)) diag(s)⁻¹
// α is searched over 0, 1/20 … 19/20; that of least output error ‖X (W − Ŵ)ᵀ‖² wins. α = 0 is plain rounding and wins ties, so the
// result is never worse than it. Weights that read the same input (q, k and v) share s, and their errors add up.
// The rounding that follows searches clipped ranges too: quantize/clip_by_outputs.h.
// Source: Lin et al. 2023, "AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration", section 3.2. The error of the
// rows is summed through the Gram matrix of the input (output_error.h) instead of running the layers.
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/compress/tensor_math.h"

namespace trimtab::compress {

/// One of the weights that read the input: rows × columns, row-major.
struct ReadingWeight {
    std::span<const float> values;
};

/// The values after rounding and back, in the same places: what Q is.
using RoundedValues = std::function<Result<std::vector<float>>(std::span<const float> values, std::int64_t rows, std::int64_t columns)>;

struct ActivationAwareScales {
    std::vector<float> scales;  // one a column; all 1 for exponent 0
    double exponent = 0;        // α
    double error = 0;           // at these scales
    double plainError = 0;      // at none
};

/// s of one α. A column that no activation reaches takes the least mean of the others, and means count as 2^−20 of the largest at least, so
/// that columns of next to nothing do not set the norm; 1 everywhere when no column has any. REQUIRES: means finite and not negative.
std::vector<float> activationPowers(std::span<const double> meanMagnitudes, double exponent);

/// `powersOfTwo`: the scales of every α are rounded to them before they are judged. Fails with what `rounded` or `math` fail with. The
/// scratch is two copies of the largest weight. REQUIRES: as many means as columns, a gram matrix of columns × columns, weights of whole
/// rows.
Result<ActivationAwareScales> activationAwareScales(std::span<const ReadingWeight> weights, std::span<const double> meanMagnitudes,
                                                    std::span<const float> gram, const RoundedValues& rounded, TensorMath& math,
                                                    bool powersOfTwo = false);

}  // namespace trimtab::compress
