#pragma once
// Energy of a run: it is repeated without a recording for a stretch of its own, and what the device drew meanwhile is divided by the runs.
// What the device draws when idle stays in. The stretch is cut into blocks that last equally long; the interval is that of the blocks
// (base::pairedSpeedup over joules a run: whole blocks resampled, widened by Student's t).
#include <functional>

#include "core/base/result.h"
#include "core/trace/power.h"
#include "profiler/clock/alternate.h"
#include "profiler/power/power_source.h"
#include "profiler/power/sampler.h"

namespace trimtab::profiler {

struct EnergyPlan {
    double warmUpSeconds = 0.3;  // the counter moves before the stretch begins
    double seconds = 1.6;
    double blockSeconds = 0.2;   // or one run, where that lasts longer
    int fewestBlocks = 3;
    double runOutSeconds = 0.15;  // runs go on behind the stretch until the counter has told it all
    double guardSeconds = 0.15;   // beside a long preparation is left out: as long as a counter may take for a step
    SamplingPlan sampling;
    std::function<bool()> cancelled;  // polled between runs
    std::function<void(double share)> progress;
};

/// Up to this share of the time in which runs are made ready is left out at the mean power. Where it is more, blocks lie only between long
/// preparations (a prompt is read anew), and a counter is needed to tell them apart.
inline constexpr double kMostPreparing = 0.05;

/// Without a counter a power that reaches back is waited for: warm-up and blocks then last as long as it reaches. Unsupported, with the
/// reason: the source tells neither, what makes runs ready cannot be told apart, or the counter stood still. The first error of a run; Cancelled.
/// REQUIRES: the subject was run before (its plans are made).
Result<trace::Energy> measureEnergy(const Subject& subject, PowerSource& source, const EnergyPlan& plan = {});

}  // namespace trimtab::profiler
