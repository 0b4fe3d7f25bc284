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

class PowerOfTurns {
public:
    enum class Side { Baseline, Trial };

    /// Reads from now on, in a thread of its own, which both sides meet alike; a source that tells no clocks is not read.
    explicit PowerOfTurns(profiler::PowerSource& source);

    /// The subject, whose runs are noted as that side's. REQUIRES: this outlives it; subjects run in one thread.
    profiler::Subject noted(profiler::Subject subject, Side side);

    /// Ends the reading. A reading belongs to the side whose run began last; those before the first run to none.
    void finish(trace::PowerOfTurns& power);

private:
    struct Begin {
        std::chrono::steady_clock::time_point time;
        Side side;
    };

    std::optional<trace::Clocks> clocksOf(Side side, const profiler::Samples& samples) const;

    profiler::PowerSource& m_source;
    std::optional<profiler::Sampler> m_sampler;
    std::vector<Begin> m_begins;  // of turns: the other side's next run begins a new one
};

}  // namespace trimtab::worker
