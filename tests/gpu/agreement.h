#pragma once
// Engine cuda against the reference engine on whole models, under every family of recipes.
#include <memory>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/tensor/tensor.h"
#include "kernels/cuda/tools.h"

namespace trimtab::gpu {

struct Family {
    std::string name;    // "int8"
    std::string recipe;  // JSON
    double tolerance;    // ‖cuda − reference‖ / ‖reference‖ of the first output
    /// Formed from coarse codes of activations: one code that falls the other way at a tie moves all that follows, so that even the CPU
    /// engine and the reference part by half of what the treatment costs (measured: 0.031 of 0.067 on the language sample). Then the
    /// treatment must cost the same on both engines, within 15 %, and they may not be farther apart than that cost.
    bool coarse = false;
};
/// Every family of recipes that the engine executes or emulates.
const std::vector<Family>& families();

/// Compresses, runs both engines on the same inputs, prints one line of kind "model". False when they disagree or one of them fails.
bool compare(const std::shared_ptr<cuda::Tools>& tools, const std::string& model, const Graph& graph,
             const std::vector<NamedTensor>& inputs, const Family& family);

}  // namespace trimtab::gpu
