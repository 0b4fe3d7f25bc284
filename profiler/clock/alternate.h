#pragma once
// Timing. A trial and its baseline alternate in short turns, so that whatever slows the machine meets both; the first run of a turn is
// not counted, because the other's turn has emptied the caches. Every counted run is kept: outliers are flagged later, never dropped.
#include <concepts>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/statistics.h"

namespace trimtab::profiler {

struct Subject {
    Subject() = default;
    template <std::invocable Run>
    Subject(Run once, std::function<Status()> before = {}) : run(std::move(once)), makeReady(std::move(before)) {}
    explicit operator bool() const { return static_cast<bool>(run); }

    std::function<Status()> run;
    std::function<Status()> makeReady;  // ahead of each run and not timed; may be empty
};

struct TimingPlan {
    double seconds = 1;                // of timing in all, warm-up not counted
    std::int64_t maxTimings = 1000;    // for each subject; enough is enough for very short runs
    std::int64_t minTimings = 3;       // for each subject, however long they take
    std::int64_t minTurns = 1;         // however long they take; a turn has up to 50 runs, and on a busy machine the first may last
    double turnMs = 15;                // a turn lasts about as long as a scheduler's slice
    std::function<bool()> cancelled;   // polled between runs
    std::function<void(double share)> progress;
};

/// One block for a turn of each, in the order taken: what slows the machine meets both of a block. A turn may be empty in the last ones,
/// where one subject has enough. Errors as below. REQUIRES: both subjects.
Result<std::vector<base::PairedBlock>> timeInTurns(const Subject& baseline, const Subject& trial, const TimingPlan& plan);

/// Times in ms, in the order taken. Without a baseline only the trial runs, and every run after the warm-up counts. The first error of a
/// run is returned; Cancelled when asked to stop.
Result<base::PairedBlock> timeAlternating(const Subject& baseline, const Subject& trial, const TimingPlan& plan);

}  // namespace trimtab::profiler
