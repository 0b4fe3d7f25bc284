#pragma once
// How much each weight matters, as one score an element: what has the lowest scores is pruned (pattern.h).
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace trimtab::compress {

/// |w|.
std::vector<float> magnitudeScores(std::span<const float> weight);

/// |w_ij| · ‖X_j‖₂, with the norm of the input column that the weight meets (ColumnStatistics::norms()). The scores of one output row are
/// meant to be compared with each other alone: MaskPattern::Kind::PerRow, or N of M.
/// Source: Sun et al. 2023, "A Simple and Effective Pruning Approach for Large Language Models", section 3.
/// `weight` is rows × norms.size(), row-major. REQUIRES: whole rows, norms finite and not negative.
std::vector<float> wandaScores(std::span<const float> weight, std::span<const double> norms);

/// Uniform in [0, 1), by the seed: the control that every other score has to beat.
std::vector<float> randomScores(std::size_t count, std::uint64_t seed);

/// The seed of one layer's scores: layers of one recipe get different ones.
std::uint64_t seedOfLayer(std::uint64_t seed, const std::string& layer);

}  // namespace trimtab::compress
