#include "profiler/host/span_recorder.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/base/statistics.h"
#include "profiler/clock/tick_clock.h"

namespace trimtab::profiler {

SpanRecorder::SpanRecorder(std::size_t layers, std::size_t runs)
    : m_layers(layers), m_runs(runs), m_spent(layers * runs, -1), m_begun(kMaxDepth) {
    assert(runs >= 1);
    TickClock::now();  // compares clocks the first time, which no layer shall take
}

void SpanRecorder::nextRun() {
    if (m_run + 1 < m_runs) ++m_run;
    m_depth = 0;
}

void SpanRecorder::beginNode(std::int32_t) {
    if (m_depth < kMaxDepth) m_begun[m_depth] = TickClock::now();
    ++m_depth;
}

void SpanRecorder::endNode(std::int32_t layer) {
    const Clock::time_point now = TickClock::now();
    if (m_depth == 0) return;
    --m_depth;
    if (m_depth < kMaxDepth) add(layer, std::chrono::duration_cast<std::chrono::nanoseconds>(now - m_begun[m_depth]).count());
}

void SpanRecorder::nodeTime(std::int32_t layer, double nanoseconds) { add(layer, std::llround(nanoseconds)); }

void SpanRecorder::add(std::int32_t layer, std::int64_t nanoseconds) {
    if (layer < 0 || static_cast<std::size_t>(layer) >= m_layers) return;
    std::int64_t& spent = m_spent[m_run * m_layers + static_cast<std::size_t>(layer)];
    spent = std::max<std::int64_t>(spent, 0) + nanoseconds;
}

std::vector<double> SpanRecorder::medians() const {
    std::vector<double> result(m_layers, -1);
    std::vector<double> times;
    for (std::size_t layer = 0; layer < m_layers; ++layer) {
        times.clear();
        for (std::size_t run = 0; run < m_runs; ++run) {
            const std::int64_t spent = m_spent[run * m_layers + layer];
            if (spent >= 0) times.push_back(static_cast<double>(spent));
        }
        if (!times.empty()) result[layer] = base::median(times);
    }
    return result;
}

void SpanRecorder::fill(std::vector<trace::LayerRecord>& records) const {
    const std::vector<double> times = medians();
    double sum = 0;
    for (const double time : times) sum += std::max(time, 0.0);
    for (std::size_t i = 0; i < records.size() && i < times.size(); ++i) {
        records[i].medianNs = times[i];
        records[i].share = times[i] >= 0 && sum > 0 ? times[i] / sum : -1;
    }
}

}  // namespace trimtab::profiler
