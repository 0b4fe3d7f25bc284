#include "profiler/worker/power_of_turns.h"

#include <algorithm>

#include "profiler/power/clock_summary.h"

namespace trimtab::worker {

std::vector<profiler::Reading> readingsOf(Side side, std::vector<profiler::Reading> readings, const std::vector<TurnBegin>& turns) {
    std::erase_if(readings, [&](const profiler::Reading& reading) {
        const auto next = std::ranges::upper_bound(turns, reading.time, {}, &TurnBegin::time);
        return next == turns.begin() || std::prev(next)->side != side;
    });
    return readings;
}

PowerOfTurns::PowerOfTurns(profiler::PowerSource& source) : m_source(source) {
    if (source.info().tellsClocks()) m_sampler.emplace(source);
}

profiler::Subject PowerOfTurns::noted(profiler::Subject subject, Side side) {
    auto run = std::move(subject.run);
    subject.run = [this, side, run = std::move(run)] {
        if (m_turns.empty() || m_turns.back().side != side) m_turns.push_back({std::chrono::steady_clock::now(), side});
        return run();
    };
    return subject;
}

void PowerOfTurns::finish(trace::PowerOfTurns& power) {
    if (!m_sampler) {
        power.noClocks = m_source.info().reasons({"core clock", "temperature"});
        return;
    }
    const profiler::Samples samples = m_sampler->stop();
    m_sampler.reset();
    power.clocks = clocksOf(Side::Trial, samples);
    power.baselineClocks = clocksOf(Side::Baseline, samples);
    if (!power.clocks) power.noClocks = "the runs were over before the clocks were read";
}

std::optional<trace::Clocks> PowerOfTurns::clocksOf(Side side, const profiler::Samples& samples) const {
    profiler::Samples own = samples;
    own.readings = readingsOf(side, std::move(own.readings), m_turns);
    if (own.readings.empty()) return std::nullopt;
    return profiler::summary(own, m_source.info(), own.readings.front().time);
}

}  // namespace trimtab::worker
