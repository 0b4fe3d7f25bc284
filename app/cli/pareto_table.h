#pragma once
// The trials of a study as a table, the front marked.
#include <string>
#include <vector>

#include "core/trial/trial.h"
#include "core/tune/pareto.h"

namespace trimtab::cli {

/// REQUIRES: rows name trials of `results`. Native trials on the front first, by latency; then the others, with why they are not on it.
/// Where the setting is varied, a line below says what each speed-up is held against.
std::string paretoTable(const std::vector<trial::TrialResult>& results, const std::vector<tune::ParetoRow>& rows);

}  // namespace trimtab::cli
