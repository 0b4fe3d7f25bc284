#pragma once
// Every family of recipes that the engine executes or imitates: what is held against the CPU engine, over the emulator and on a GPU.
#include <string>
#include <vector>

#include "core/compress/compress.h"

namespace trimtab::cuda {

struct Family {
    std::string name;    // "int8"
    std::string recipe;  // JSON
};
const std::vector<Family>& families();
/// The families, and each recipe file (*.json) of the folder under its file's name.
Result<std::vector<Family>> familiesWith(const std::string& folder);

/// ‖got − wanted‖ / ‖wanted‖ (without the divisor where that is 0); infinite for NaN and other sizes.
double relativeError(const Tensor& got, const Tensor& wanted);

/// Relative error between cuda and the CPU that sums in another order (fp32 throughout) or 16-bit operands and results may cause.
double toleranceOf(const recipe::Recipe& recipe);

/// Codes of activations are coarse: one that falls the other way at a tie moves all that follows, so that even the CPU engine and the
/// reference part by half of what the treatment costs (measured: 0.031 of 0.067 on the language sample). Where such a recipe misses its
/// tolerance, the treatment must cost the same on both engines, within 15 %, and they may not be farther apart than that cost.
bool isCoarse(const recipe::Recipe& recipe);

/// Calibrated, where the recipe asks for that, on these inputs by the CPU engine.
Result<Graph> compressWith(const Graph& graph, const recipe::Recipe& recipe, const std::vector<NamedTensor>& inputs);

}  // namespace trimtab::cuda
