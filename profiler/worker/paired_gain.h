#pragma once
// What treating a model, or a stretch of one, saves: both timed in turns.
#include <vector>

#include "core/base/statistics.h"
#include "core/runtime/engine.h"
#include "profiler/worker/call.h"

namespace trimtab::worker {

struct PairedGain {
    base::Estimate gainNs;   // paired by turn
    double untreatedNs = 0;  // median
};

/// The median over turns of what the untreated model's median exceeds the treated one's, with its interval by order statistics: a machine
/// that slows down for both widens nothing. Fewer than six turns tell no such interval: then from all that could be, shortest against
/// longest times. Times in ms. REQUIRES: a turn with timings of both.
PairedGain gainOf(const std::vector<base::PairedBlock>& turns);

/// `makeReady` goes ahead of each run and is not timed.
Result<PairedGain> pairedGain(runtime::CompiledModel& untreated, const std::vector<NamedTensor>& before, runtime::CompiledModel& treated,
                              const std::vector<NamedTensor>& after, double seconds, const Call& call,
                              const std::function<Status()>& makeReady = {});

}  // namespace trimtab::worker
