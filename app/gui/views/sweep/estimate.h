// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How long a sweep will take, before it has begun.
#include "core/trial/study.h"
#include "core/tune/search_space.h"

namespace trimtab::gui {

/// Seconds: for each trial the timing that the budget asks for, and one pass over the samples at the speed of a run when that was measured
/// (`secondsPerSample` ≤ 0: not known, left out). Emulated widths are not timed, so this is an upper figure for them.
double estimateSeconds(const trial::Study& study, const tune::Grid& grid, std::int64_t samples, double secondsPerSample);

}  // namespace trimtab::gui
