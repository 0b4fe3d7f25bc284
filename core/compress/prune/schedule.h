#pragma once
// How much each layer gives when robust layers give more: scope "sensitivity".
#include <cstdint>
#include <span>
#include <vector>

#include "core/compress/calibrate/layer_inputs.h"

namespace trimtab::compress {

/// The ratios at which a layer's error is looked at: 0, 0.1, …, 0.9, 0.95, and one between the wanted mean and 1 where that is above.
std::vector<double> scheduleGrid(double meanRatio);

/// The relative squared error of the outputs at each ratio of the grid, from what the columns hold: Σ w²·‖x_j‖² over the weights that go by
/// the spec's method and pattern, as a share of that sum over all weights (products of different columns left out, as Wanda does: Sun et
/// al. 2023, section 3). Of "sparsegpt" the weights that "wanda" would take. `values` are rows × columns (tensor::toRows), `inputs` with
/// columns.
std::vector<double> outputErrors(std::span<const float> values, std::int64_t rows, std::int64_t columns, const recipe::PruneSpec& spec,
                                 const LayerInputs& inputs, const std::string& layer, std::span<const double> grid);

struct ErrorCurve {
    std::int64_t weights = 0;
    std::vector<double> errors;  // at the ratios of the grid
};

/// Ratios, one a layer, that minimise the sum of the layers' errors while the mean over all weights is `meanRatio`: on the lower convex
/// hulls of the curves, straight between their points, weights go where the next one costs least (Lagrange; Shoham, Gersho 1988, section
/// III).
/// REQUIRES: errors as many as grid ratios, the grid rising from 0 to above meanRatio.
std::vector<double> scheduledRatios(std::span<const ErrorCurve> curves, std::span<const double> grid, double meanRatio);

}  // namespace trimtab::compress
