#pragma once
// Layers that read one weight: tied by the file, and by what is done to the weight unless the recipe treats them differently.
#include <cstddef>
#include <vector>

#include "core/graph/weights.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

/// Whether a node reads the weight just as the layer `first` does: what is done to the weight is done for it too.
bool readsAlike(const graph::Node& node, const graph::Node& first, graph::ValueId weight);

/// For each use the nodes that read its weight as its own does, in the order of the graph, its own among them.
std::vector<std::vector<std::size_t>> readersOf(const graph::Graph& graph, const std::vector<graph::WeightUse>& uses);
/// Of each node, whether it is one of them.
std::vector<bool> haveWeights(const graph::Graph& graph, const std::vector<graph::WeightUse>& uses);

bool touchesWeight(const recipe::Settings& settings);

/// A copy of the weight for `readers`, which hold it at input 1.
graph::ValueId giveOwnWeight(graph::Graph& graph, graph::ValueId weight, const std::vector<std::size_t>& readers);

/// Readers of one weight whose settings differ get a copy each for those that are treated alike. The original stays with the readers that
/// leave it as it is, else with the first. `settings`: of each node.
void untie(graph::Graph& graph, const std::vector<recipe::Settings>& settings);

}  // namespace trimtab::compress
