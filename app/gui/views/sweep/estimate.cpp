// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/sweep/estimate.h"

#include <algorithm>

namespace trimtab::gui {

namespace {

constexpr double kProcessStart = 0.25;  // seconds to start a worker, read the model and plan it

}  // namespace

double estimateSeconds(const trial::Study& study, const tune::Grid& grid, std::int64_t samples, double secondsPerSample) {
    const double trials = static_cast<double>(grid.trials.size());
    const double timing = study.budget.processes * (study.budget.speedSeconds + kProcessStart);
    return trials * (timing + std::max(0.0, secondsPerSample) * static_cast<double>(std::max<std::int64_t>(samples, 0)));
}

}  // namespace trimtab::gui
