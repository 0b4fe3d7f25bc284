#pragma once
// A small finished study for tests of the rooms that keep, print and show results: a baseline, a native faster point, a native slower and
// worse point, an emulated point and a failed one.
#include <vector>

#include "core/trial/study.h"
#include "core/trial/trial.h"

namespace trimtab::support {

trial::Study exampleStudy();
/// Ids 0, as before they are stored.
std::vector<trial::TrialResult> exampleResults();

}  // namespace trimtab::support
