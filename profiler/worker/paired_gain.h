#pragma once
// What treating a model, or a stretch of one, saves: both timed in turns.
#include <vector>

#include "core/base/statistics.h"
#include "core/runtime/engine.h"
#include "profiler/worker/call.h"

namespace trimtab::worker {

struct PairedGain {
    base::Estimate gainNs;   // difference of the medians; the interval from the ends of theirs, by order statistics where timings suffice
    double untreatedNs = 0;  // median
};

Result<PairedGain> pairedGain(runtime::CompiledModel& untreated, const std::vector<NamedTensor>& before, runtime::CompiledModel& treated,
                              const std::vector<NamedTensor>& after, double seconds, const Call& call);

}  // namespace trimtab::worker
