#pragma once
// When each thread of an OpenMP team is at work: in our own kernels and in the libraries that share the team (oneDNN). libgomp tells no
// tool, so this stands between it and its callers, at the functions that open a parallel region; where nothing listens a region costs a
// branch. A thread that waits at the end of a region is idle; one that waits at a barrier inside it counts as at work.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "profiler/clock/tick_clock.h"

namespace trimtab::profiler {

/// Where and when a thread was inside a region.
struct TeamSpan {
    using Time = std::chrono::steady_clock::time_point;
    Time begin, end;
    std::int32_t layer = -1;  // −1: of none
};

/// Listens to the regions that one thread opens, the one that runs the model. Everything is allocated at the beginning.
class TeamSpans {
public:
    using Time = TeamSpan::Time;

    /// Teams of so many threads. Sums for so many layers, and the first spans of each thread, `spans` of all together.
    /// REQUIRES: threads >= 1.
    TeamSpans(std::size_t threads, std::size_t layers, std::size_t spans);
    ~TeamSpans() { pause(); }
    TeamSpans(const TeamSpans&) = delete;
    TeamSpans& operator=(const TeamSpans&) = delete;

    /// From now on, on this thread; layers that are still open are forgotten. What is not to be kept is listened to all the same, so that
    /// it takes as long.
    void listen(bool keep = true);
    void pause();
    /// Regions belong to the layer that was begun last and has not ended. Layers out of range are none.
    void beginLayer(std::int32_t layer, Time now);
    void endLayer(Time now);

    std::size_t threads() const { return m_threads.size(); }
    /// Whether regions can be seen here at all: not where programs are built with another OpenMP than GCC's.
    static bool canListen();
    bool hasRegions() const { return m_regions > 0; }
    /// Mean number of threads at work while the layer ran: 1 where all of it is done by one, at most threads(). Negative where it did not
    /// run. What layers inside it do is theirs.
    std::vector<double> atWork() const;
    /// Of each thread, in the order of time.
    std::vector<std::vector<TeamSpan>> spans() const;
    /// Spans that did not fit.
    std::int64_t lost() const;

    // For those who stand at the regions.
    static TeamSpans* listening();  // to the regions of this thread; null inside a region
    std::int32_t layer() const { return m_open.empty() ? -1 : m_open.back().layer; }
    template <class Region>
    void within(const Region& region);  // the region, with its time
    void addThread(std::size_t thread, const TeamSpan& span);

private:
    struct alignas(64) Thread {  // written by that thread alone
        std::vector<TeamSpan> spans;
        std::vector<std::int64_t> busyNs;  // of each layer, then of what is not kept
        std::atomic<std::size_t> seen = 0;
    };
    struct Open {
        std::int32_t layer = -1;
        Time begin;
        std::int64_t insideNs = 0;  // of layers inside it
    };
    static void setListening(TeamSpans* spans);
    /// Where a layer's sums stand; the last place is that of all that is not kept.
    std::size_t placeOf(std::int32_t layer) const {
        return m_keeps && layer >= 0 && static_cast<std::size_t>(layer) < m_layers ? static_cast<std::size_t>(layer) : m_layers;
    }

    static constexpr std::size_t kMaxDepth = 64;

    std::vector<Thread> m_threads;
    std::size_t m_layers;
    bool m_keeps = false;
    std::vector<std::int64_t> m_ownNs;      // that each layer took, less what layers inside it took; then of what is not kept
    std::vector<std::int64_t> m_regionsNs;  // of it in regions
    std::vector<Open> m_open;
    std::int64_t m_regions = 0;
};

template <class Region>
void TeamSpans::within(const Region& region) {
    const std::int32_t layer = this->layer();
    setListening(nullptr);  // regions inside it are its own affair
    const Time begin = TickClock::now();
    region();
    const Time end = TickClock::now();
    setListening(this);
    ++m_regions;
    m_regionsNs[placeOf(layer)] += std::chrono::nanoseconds(end - begin).count();
}

}  // namespace trimtab::profiler
