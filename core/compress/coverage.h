#pragma once
// Does every part of a recipe reach something? What can never apply is refused instead of silently doing nothing.
#include <vector>

#include "core/graph/weights.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

/// Products that a compute type can change: Conv, MatMul, Gemm and what they are fused into, with or without a constant weight.
bool formsProducts(const graph::Node& node);

/// Refused when a rule matches no node, or when the base or a rule asks for something that none of its nodes can have: pruned, quantised or
/// integer products without a constant weight, another compute type without products, a kept cache without attention.
Status checkCoverage(const Graph& graph, const std::vector<graph::WeightUse>& uses, const recipe::Recipe& recipe);

}  // namespace trimtab::compress
