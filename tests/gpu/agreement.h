#pragma once
// Engine cuda against the CPU engine on whole models, under a family of recipes.
#include <memory>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/tensor/tensor.h"
#include "kernels/cuda/tools.h"
#include "tests/kernels/cuda/families.h"

namespace trimtab::gpu {

/// Compresses (calibrating on the same inputs where the recipe asks for that), runs both engines on the same inputs, prints one line of
/// kind "model". False when they disagree or one of them fails.
bool compare(const std::shared_ptr<cuda::Tools>& tools, const std::string& model, const Graph& graph,
             const std::vector<NamedTensor>& inputs, const cuda::Family& family);

}  // namespace trimtab::gpu
