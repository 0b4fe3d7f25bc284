#pragma once
// One way for each unit, at the least cost under a limit: the multiple-choice knapsack, solved exactly by dynamic programming over the
// combinations that no other one beats in both cost and weight.
// Source: Nemhauser and Ullmann 1969, "Discrete dynamic programming and capital allocation", for one item a choice; here a choice among
// several.
#include <cstddef>
#include <vector>

#include "core/base/result.h"

namespace trimtab::tune {

/// One way to treat a unit.
struct Way {
    double cost = 0;    // to be made small
    double weight = 0;  // what the limit counts
};

struct Assignment {
    std::vector<std::size_t> ways;  // one for each unit
    double cost = 0;
    double weight = 0;
    bool exact = true;  // false: combinations grew beyond `mostStates` and the nearly equal ones among them were given up
};

/// Σ weight stays within the limit (exactly, not only in rounded figures). Refused, saying the least weight there is, when nothing does.
/// REQUIRES: every unit has a way; finite figures. Costs and weights may be negative.
Result<Assignment> assign(const std::vector<std::vector<Way>>& units, double limit, std::size_t mostStates = 20000);

}  // namespace trimtab::tune
