#pragma once
// Which units leave, by their scores and the recipe's ratio.
#include <string>
#include <vector>

#include "core/recipe/recipe.h"

namespace trimtab::compress {

struct ScoredGroup {
    std::vector<int> units;
    std::vector<double> scores;  // in the order of units; what is worth least leaves first
    recipe::PruneSpec spec;
};

/// Scope "layer": of each group countToPrune(ratio, units) (prune/magnitude.h), those of lowest score, ties in order of units. Scope
/// "global": of all groups with the same spec together, after scores by magnitude were divided by their group's mean (shares of outputs and
/// of rows compare as they are). At least one unit of each group stays. REQUIRES: no NaN, groups not empty.
std::vector<int> leavingUnits(const std::vector<ScoredGroup>& groups);

}  // namespace trimtab::compress
