#pragma once
// What each unit is worth: by its weights, or by what it does on calibration data.
#include <vector>

#include "core/compress/structure/residual_blocks.h"
#include "core/compress/structure/unit_groups.h"
#include "core/compress/tools.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

/// ‖w‖₂ of each unit over all that leaves with it: rows of the weights that make it, biases, what it meets one by one, columns of the
/// weights that read it (Li et al. 2017, "Pruning Filters for Efficient ConvNets", section 3.1, with ℓ2 and the coupled weights of
/// DepGraph).
std::vector<double> unitMagnitudes(const Graph& graph, const UnitGroups& found);
/// ‖w‖₂ over the weights of a block's layers.
double blockMagnitude(const Graph& graph, const ResidualBlock& block);

/// Uniform in [0, 1) by the seed and the name of the layer.
std::vector<double> randomImportance(std::size_t count, std::uint64_t seed, const std::string& layer);

/// For each unit u with wanted[u]: the squared error that the outputs of the products that read it have without it, as a share of those
/// outputs' own square (without bias), summed over the products; 0 for others. The error of a product is a quadratic form in what is left
/// out, so its Taylor expansion of second order is exact: Σ_r ‖W_J a_J(r)‖² = tr(W_J · Σ_r a_J a_Jᵀ · W_Jᵀ) over rows r of calibration, J
/// the unit's columns (LeCun et al. 1990, "Optimal Brain Damage", section 2, with whole units in place of weights). Refused without
/// calibration data and for activations that are no numbers.
Result<std::vector<double>> outputShares(const Graph& graph, const UnitGroups& found, const std::vector<bool>& wanted, const Tools& tools);

/// Of what the products that read a unit see: the share of rows (tokens, pixels) in which the mean magnitude over the unit's columns is
/// above kActiveShare of the mean magnitude of all columns over all rows; the mean over those products (after Hu et al. 2016, "Network
/// Trimming", section 3.1).
inline constexpr double kActiveShare = 0.1;
Result<std::vector<double>> activeShares(const Graph& graph, const UnitGroups& found, const std::vector<bool>& wanted, const Tools& tools);

/// What a block changes in its stream on calibration data.
struct BlockChange {
    double share = 0;   // Σ‖y − x‖² / Σ‖y‖², x what enters the block and y what leaves it
    double active = 0;  // share of rows (tokens, pixels) with ‖y − x‖ > kActiveShare · ‖y‖
};
Result<BlockChange> changeBy(const Graph& graph, const ResidualBlock& block, const Tools& tools);

}  // namespace trimtab::compress
