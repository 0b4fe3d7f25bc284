#include "profiler/host/timeline.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <map>
#include <string>

#include "profiler/clock/tick_clock.h"
#include "profiler/host/span_recorder.h"

namespace trimtab::profiler {
namespace {

/// A layer in a loop runs more than once; beyond this many events a run on average, events are lost, and counted.
constexpr std::size_t kEventsOfLayer = 4;

class Names {
public:
    explicit Names(trace::Trace& trace) : m_trace(trace) {
        for (const std::string& name : trace.names) m_known.try_emplace(name, static_cast<std::int32_t>(m_known.size()));
    }
    std::int32_t of(const std::string& name) {
        const auto [found, isNew] = m_known.try_emplace(name, static_cast<std::int32_t>(m_trace.names.size()));
        if (isNew) m_trace.names.push_back(name);
        return found->second;
    }

private:
    trace::Trace& m_trace;
    std::map<std::string, std::int32_t> m_known;
};

}  // namespace

Timeline::Timeline(std::size_t layers, std::size_t runs, TeamSpans* teams)
    : m_layers(layers), m_mostRuns(runs), m_teams(teams), m_start(TickClock::now()), m_begun(kMaxDepth) {
    assert(runs >= 1);
    m_runs.reserve(runs);
    m_events.reserve(kEventsOfLayer * layers * runs);
}

std::int64_t Timeline::now() const { return std::chrono::duration_cast<std::chrono::nanoseconds>(TickClock::now() - m_start).count(); }

void Timeline::beginRun(bool keep) {
    if (m_keeps) {  // the last one never ended
        m_events.resize(m_runs.back().firstEvent);
        m_runs.pop_back();
    }
    m_depth = 0;
    m_keeps = keep && m_runs.size() < m_mostRuns;
    Run& run = m_keeps ? m_runs.emplace_back() : m_ignored;
    run.firstEvent = m_events.size();
    if (m_teams) m_teams->listen(m_keeps);
    run.beginNs = now();
}

void Timeline::endRun() {
    Run& run = m_keeps ? m_runs.back() : m_ignored;
    run.endNs = now();
    if (m_teams) m_teams->pause();
    run.events = m_events.size() - run.firstEvent;
    m_keeps = false;
}

void Timeline::beginNode(std::int32_t layer) {
    const std::int64_t begin = now();
    if (m_depth < kMaxDepth) m_begun[m_depth] = begin;
    ++m_depth;
    if (m_teams) m_teams->beginLayer(layer, m_start + std::chrono::nanoseconds(begin));
}

void Timeline::endNode(std::int32_t layer) {
    const std::int64_t end = now();
    if (m_teams) m_teams->endLayer(m_start + std::chrono::nanoseconds(end));
    if (m_depth == 0) return;
    --m_depth;
    if (m_depth < kMaxDepth) keep(layer, m_begun[m_depth], end);
}

void Timeline::nodeTime(std::int32_t layer, double nanoseconds) {
    m_device = true;
    if (!m_keeps) return;
    const std::int64_t before = m_events.empty() ? 0 : m_events.back().endNs;
    const std::int64_t begin = std::max(before, m_runs.back().beginNs);
    keep(layer, begin, begin + std::llround(nanoseconds));
}

void Timeline::keep(std::int32_t layer, std::int64_t begin, std::int64_t end) {
    const bool isKnown = layer == trace::kPlanning || (layer >= 0 && static_cast<std::size_t>(layer) < m_layers);
    if (!m_keeps || !isKnown) return;
    if (m_events.size() == m_events.capacity()) {
        ++m_lost;
        return;
    }
    m_events.push_back({layer, begin, end});
}

std::vector<double> Timeline::runTimes() const {
    std::vector<double> times;
    for (const Run& run : m_runs) times.push_back(static_cast<double>(run.endNs - run.beginNs));
    return times;
}

std::optional<Timeline::Clock::time_point> Timeline::begin() const {
    if (m_runs.empty()) return std::nullopt;
    return m_start + std::chrono::nanoseconds(m_runs.front().beginNs);
}

double Timeline::attributed() const {
    return shareOf([](std::int32_t layer) { return layer >= 0; });
}

double Timeline::planning() const {
    return shareOf([](std::int32_t layer) { return layer == trace::kPlanning; });
}

double Timeline::shareOf(bool (*counts)(std::int32_t layer)) const {
    std::int64_t nodes = 0, runs = 0;
    // A node inside another's counts with that one.
    std::int64_t reached = 0;
    for (const Run& run : m_runs) runs += run.endNs - run.beginNs;
    std::vector<Event> events;
    std::ranges::copy_if(m_events, std::back_inserter(events), [&](const Event& event) { return counts(event.layer); });
    std::ranges::sort(events, {}, &Event::beginNs);
    for (const Event& event : events) {
        nodes += std::max<std::int64_t>(0, event.endNs - std::max(event.beginNs, reached));
        reached = std::max(reached, event.endNs);
    }
    return runs > 0 ? static_cast<double>(nodes) / static_cast<double>(runs) : 0;
}

void Timeline::fill(std::vector<trace::LayerRecord>& records) const {
    if (m_runs.empty()) return;
    SpanRecorder recorder(m_layers, m_runs.size());
    for (std::size_t i = 0; i < m_runs.size(); ++i) {
        if (i > 0) recorder.nextRun();
        for (std::size_t e = m_runs[i].firstEvent; e < m_runs[i].firstEvent + m_runs[i].events; ++e)
            recorder.nodeTime(m_events[e].layer, static_cast<double>(m_events[e].endNs - m_events[e].beginNs));
    }
    recorder.fill(records);
}

trace::Trace Timeline::trace(const std::vector<trace::LayerRecord>& records) const {
    trace::Trace result;
    result.dropped = m_lost;
    if (m_runs.empty()) return result;
    result.tracks = {"host"};
    if (m_device) result.tracks.push_back("device, durations only");
    const std::uint16_t nodeTrack = m_device ? 1 : 0;
    Names names(result);
    const std::int64_t start = m_runs.front().beginNs;
    for (const Run& run : m_runs)
        result.spans.push_back({run.beginNs - start, run.endNs - run.beginNs, names.of("run"), -1, 0, trace::SpanKind::Run});
    for (const Event& event : m_events) {
        if (event.layer == trace::kPlanning) {
            result.spans.push_back(
                {event.beginNs - start, event.endNs - event.beginNs, names.of("planning"), -1, 0, trace::SpanKind::Phase});
            continue;
        }
        const auto layer = static_cast<std::size_t>(event.layer);
        const std::int32_t name = names.of(layer < records.size() ? records[layer].node : "layer " + std::to_string(layer));
        result.spans.push_back({event.beginNs - start, event.endNs - event.beginNs, name, event.layer, nodeTrack, trace::SpanKind::Node});
    }
    if (m_teams && !m_device) addTeams(records, start, result);
    trace::sortSpans(result);
    return result;
}

void Timeline::addTeams(const std::vector<trace::LayerRecord>& records, std::int64_t start, trace::Trace& trace) const {
    Names names(trace);
    const auto threads = m_teams->spans();
    for (std::size_t i = 0; i < threads.size(); ++i) {
        if (threads[i].empty()) continue;
        const auto track = static_cast<std::uint16_t>(trace.tracks.size());
        trace.tracks.push_back("thread " + std::to_string(i + 1));
        for (const TeamSpan& span : threads[i]) {
            const std::int64_t begin = std::chrono::nanoseconds(span.begin - m_start).count() - start;
            const std::int64_t took = std::chrono::nanoseconds(span.end - span.begin).count();
            const bool isOfLayer = span.layer >= 0 && static_cast<std::size_t>(span.layer) < records.size();
            const std::int32_t name = names.of(isOfLayer ? records[static_cast<std::size_t>(span.layer)].node : "at work");
            trace.spans.push_back({begin, took, name, isOfLayer ? span.layer : -1, track, trace::SpanKind::Kernel});
        }
    }
}

}  // namespace trimtab::profiler
