#pragma once
// The part of a recipe that makes the graph smaller: patterns channels, neurons, heads and blocks.
#include <string>
#include <vector>

#include "core/compress/tools.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

/// Units that a recipe asks for and that stay.
struct LeftAlone {
    std::string layer;   // the first node that makes them
    std::string reason;  // in words
};

struct Restructured {
    Graph graph;  // shapes inferred, valid; the given one where the recipe removes nothing
    std::vector<LeftAlone> leftAlone;
};

/// Blocks leave first, then units of what is left. A group of units takes the settings of the layers that make it (of a block: of its
/// layers), which must agree. Refused, naming layers and field, when they don't, when a pattern finds nothing that can leave, or when a
/// method lacks calibration data.
Result<Restructured> withoutUnits(const Graph& graph, const recipe::Recipe& recipe, const Tools& tools);

}  // namespace trimtab::compress
