#pragma once
// Records when each node of a run began and ended, for a trace and for the layers' times. Everything is allocated before the first run; a
// node costs two clock reads and a store.
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/trace/layer_record.h"
#include "core/trace/node_scope.h"
#include "core/trace/trace.h"
#include "profiler/host/team_spans.h"

namespace trimtab::profiler {

/// Used by one thread, the one that runs the model. Scopes of one run may nest, up to kMaxDepth deep.
class Timeline final : public trace::NodeListener {
public:
    /// Keeps the first `runs` runs of so many layers each that are to be kept; later ones are listened to, so that they take as long.
    /// `teams` learns of the layers of every run, and its spans of those that are kept stand in the trace, unless layers have the device's
    /// times; it must outlive this. REQUIRES: runs >= 1.
    Timeline(std::size_t layers, std::size_t runs, TeamSpans* teams = nullptr);

    /// A run that is not to be kept (a warm-up) is listened to all the same. Forgets a run that never ended.
    void beginRun(bool keep = true);
    void endRun();
    void beginNode(std::int32_t layer) override;
    void endNode(std::int32_t layer) override;
    /// Device times come without a begin: a run's nodes stand one behind the other, as they ran.
    void nodeTime(std::int32_t layer, double nanoseconds) override;

    /// Wall time of each run that was kept, ns.
    std::vector<double> runTimes() const;
    /// When the first run that was kept began: a trace's time 0. nullopt where none was.
    std::optional<std::chrono::steady_clock::time_point> begin() const;
    /// Share of the time of the runs that were kept which some node took.
    double attributed() const;
    /// Share of it that went into plans (trace::kPlanning).
    double planning() const;
    bool hasDeviceTimes() const { return m_device; }
    /// Fills medianNs and share of each record, over the runs that were kept.
    void fill(std::vector<trace::LayerRecord>& records) const;
    /// Spans by the names of `records`; it begins with the first run. Where teams were listened to, a track for each thread.
    trace::Trace trace(const std::vector<trace::LayerRecord>& records) const;

private:
    using Clock = std::chrono::steady_clock;
    struct Event {
        std::int32_t layer = 0;
        std::int64_t beginNs = 0, endNs = 0;
    };
    struct Run {
        std::int64_t beginNs = 0, endNs = 0;
        std::size_t firstEvent = 0, events = 0;
    };

    std::int64_t now() const;
    void keep(std::int32_t layer, std::int64_t begin, std::int64_t end);
    void addTeams(const std::vector<trace::LayerRecord>& records, std::int64_t start, trace::Trace& trace) const;
    double shareOf(bool (*counts)(std::int32_t layer)) const;

    static constexpr std::size_t kMaxDepth = 64;

    std::size_t m_layers;
    std::size_t m_mostRuns;
    TeamSpans* m_teams;
    Clock::time_point m_start;
    bool m_keeps = false;
    bool m_device = false;
    std::int64_t m_lost = 0;
    std::size_t m_depth = 0;
    std::vector<std::int64_t> m_begun;
    std::vector<Event> m_events;  // capacity is fixed
    std::vector<Run> m_runs;
    Run m_ignored;  // the current one, where it is not kept
};

}  // namespace trimtab::profiler
