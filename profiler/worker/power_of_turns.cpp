#include "profiler/worker/power_of_turns.h"

#include <algorithm>

#include "profiler/power/clock_summary.h"

namespace trimtab::worker {

PowerOfTurns::PowerOfTurns(profiler::PowerSource& source) : m_source(source) {
    if (source.info().tellsClocks()) m_sampler.emplace(source);
}

profiler::Subject PowerOfTurns::noted(profiler::Subject subject, Side side) {
    auto run = std::move(subject.run);
    subject.run = [this, side, run = std::move(run)] {
        if (m_begins.empty() || m_begins.back().side != side) m_begins.push_back({std::chrono::steady_clock::now(), side});
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
    std::erase_if(own.readings, [&](const profiler::Reading& reading) {
        const auto next = std::ranges::upper_bound(m_begins, reading.time, {}, &Begin::time);
        return next == m_begins.begin() || std::prev(next)->side != side;
    });
    if (own.readings.empty()) return std::nullopt;
    return profiler::summary(own, m_source.info(), own.readings.front().time);
}

}  // namespace trimtab::worker
