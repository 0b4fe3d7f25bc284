#include "profiler/host/team_spans.h"

#include <algorithm>
#include <cassert>

namespace trimtab::profiler {
namespace {

std::int64_t nanoseconds(TeamSpan::Time begin, TeamSpan::Time end) { return std::chrono::nanoseconds(end - begin).count(); }

}  // namespace

TeamSpans::TeamSpans(std::size_t threads, std::size_t layers, std::size_t spans)
    : m_threads(threads), m_layers(layers), m_ownNs(layers + 1, 0), m_regionsNs(layers + 1, 0) {
    assert(threads >= 1);
    for (Thread& thread : m_threads) {
        thread.spans.resize(spans / m_threads.size());
        thread.busyNs.resize(layers + 1, 0);
    }
    m_open.reserve(kMaxDepth);
}

void TeamSpans::listen(bool keep) {
    m_open.clear();
    m_keeps = keep;
    setListening(this);
}

void TeamSpans::pause() {
    if (listening() == this) setListening(nullptr);
}

void TeamSpans::beginLayer(std::int32_t layer, Time now) { m_open.push_back({layer, now}); }

void TeamSpans::endLayer(Time now) {
    if (m_open.empty()) return;
    const Open ended = m_open.back();
    m_open.pop_back();
    const std::int64_t took = nanoseconds(ended.begin, now);
    if (!m_open.empty()) m_open.back().insideNs += took;
    m_ownNs[placeOf(ended.layer)] += took - ended.insideNs;
}

void TeamSpans::addThread(std::size_t thread, const TeamSpan& span) {
    if (thread >= m_threads.size()) return;
    Thread& own = m_threads[thread];
    const std::size_t seen = own.seen.load(std::memory_order_relaxed);
    if (seen < own.spans.size()) own.spans[seen] = span;
    own.busyNs[placeOf(span.layer)] += nanoseconds(span.begin, span.end);
    own.seen.store(m_keeps ? seen + 1 : seen, std::memory_order_release);
}

std::vector<double> TeamSpans::atWork() const {
    std::vector<double> result(m_layers, -1);
    for (const Thread& thread : m_threads) static_cast<void>(thread.seen.load(std::memory_order_acquire));
    for (std::size_t layer = 0; layer < result.size(); ++layer) {
        if (m_ownNs[layer] <= 0) continue;
        // Between regions one thread works.
        std::int64_t busy = std::max<std::int64_t>(0, m_ownNs[layer] - m_regionsNs[layer]);
        for (const Thread& thread : m_threads) busy += thread.busyNs[layer];
        result[layer] = std::clamp(static_cast<double>(busy) / static_cast<double>(m_ownNs[layer]), 1.0, static_cast<double>(threads()));
    }
    return result;
}

std::vector<std::vector<TeamSpan>> TeamSpans::spans() const {
    std::vector<std::vector<TeamSpan>> result;
    for (const Thread& thread : m_threads) {
        const std::size_t kept = std::min(thread.seen.load(std::memory_order_acquire), thread.spans.size());
        result.emplace_back(thread.spans.begin(), thread.spans.begin() + static_cast<std::ptrdiff_t>(kept));
    }
    return result;
}

std::int64_t TeamSpans::lost() const {
    std::int64_t lost = 0;
    for (const Thread& thread : m_threads)
        lost += std::max<std::int64_t>(0, static_cast<std::int64_t>(thread.seen.load()) - std::ssize(thread.spans));
    return lost;
}

}  // namespace trimtab::profiler
