#pragma once
// SmoothQuant: moves the outlier channels of an activation into the weights that read it, so that both can be rounded to 8 bits.
//   s_j = max|X_j|^α / max|W_j|^(1−α),  X ← X diag(s)⁻¹,  W ← W diag(s)
// At α = 0.5 the columns of both reach sqrt(max|X_j| · max|W_j|); at 1 all columns of X reach 1, at 0 all of W do.
// Source: Xiao et al. 2022, "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language Models", section 4, eq. 4.
#include <span>
#include <vector>

namespace trimtab::compress {

/// `maxWeight` is over all weights that read the activation (raiseToColumnMaxima()). A column where either maximum is 0 has nothing to move
/// and gets 1. REQUIRES: equal sizes, maxima finite and not negative, 0 ≤ alpha ≤ 1.
std::vector<float> smoothScales(std::span<const float> maxActivation, std::span<const float> maxWeight, double alpha);

}  // namespace trimtab::compress
