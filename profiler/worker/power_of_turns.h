#pragma once
// The device's clocks and temperature while two subjects take turns, told apart: a machine that grows hot on the way, or is held down for
// one of them, is seen.
#include <chrono>
#include <optional>
#include <vector>

#include "core/trace/power.h"
#include "profiler/clock/alternate.h"
#include "profiler/power/power_source.h"
#include "profiler/power/sampler.h"

namespace trimtab::worker {

enum class Side { Baseline, Trial };

struct TurnBegin {
    std::chrono::steady_clock::time_point time;
    Side side;
};

/// A reading belongs to the side whose turn began last; those before the first turn to none. REQUIRES: turns by time.
std::vector<profiler::Reading> readingsOf(Side side, std::vector<profiler::Reading> readings, const std::vector<TurnBegin>& turns);

class PowerOfTurns {
public:
    /// Reads from now on, in a thread of its own, which both sides meet alike; a source that tells no clocks is not read.
    explicit PowerOfTurns(profiler::PowerSource& source);

    /// The subject, whose runs are noted as that side's. REQUIRES: this outlives it; subjects run in one thread.
    profiler::Subject noted(profiler::Subject subject, Side side);

    /// Ends the reading.
    void finish(trace::PowerOfTurns& power);

private:
    std::optional<trace::Clocks> clocksOf(Side side, const profiler::Samples& samples) const;

    profiler::PowerSource& m_source;
    std::optional<profiler::Sampler> m_sampler;
    std::vector<TurnBegin> m_turns;  // the other side's next run begins a new one
};

}  // namespace trimtab::worker
