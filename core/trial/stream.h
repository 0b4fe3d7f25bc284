#pragma once
// What timings mean for a stream: a run that covers so many seconds of signal keeps up when it takes no longer than these.
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/json.h"
#include "core/base/statistics.h"

namespace trimtab::trial {

struct StreamFigures {
    /// Time of a run over the seconds of signal that it covers: below 1 keeps up.
    double medianFactor = 0;
    std::optional<base::Interval> factorInterval;  // of the median; absent for too few timings
    std::optional<double> p95Factor;               // only with 59 timings or more
    /// Share of runs that took longer than the deadline, with Wilson's interval.
    base::Estimate missed;
    double streamSeconds = 0;
    double deadlineMs = 0;
    std::int64_t n = 0;
};

/// `deadlineMs` absent: the signal's own length. A run without a number has missed. REQUIRES: timings not empty, seconds and deadline
/// above 0.
StreamFigures streamFigures(std::span<const double> timesMs, double streamSeconds, std::optional<double> deadlineMs = std::nullopt);

/// {"real_time_factor": {"median", "p95", "n", "ci", "stream_seconds"}, "missed_deadlines": {"share", "n", "ci", "deadline_ms"}}; p95 and
/// ci are null where there are too few timings.
Json toJson(const StreamFigures& figures);

}  // namespace trimtab::trial
