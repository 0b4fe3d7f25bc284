#include "profiler/cupti/attribution.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <unordered_map>

#include "profiler/cupti/lanes.h"
#include "profiler/cupti/settle.h"
#include "profiler/host/span_recorder.h"

namespace trimtab::cupti {
namespace {

trace::SpanKind spanKind(ActivityKind kind) {
    switch (kind) {
        case ActivityKind::Copy:
        case ActivityKind::Memset: return trace::SpanKind::Copy;
        case ActivityKind::Wait: return trace::SpanKind::Wait;
        case ActivityKind::Overhead: return trace::SpanKind::Overhead;
        default: return trace::SpanKind::Kernel;
    }
}

/// Sums each run's time by layer.
trace::DeviceTime addUp(const Settlement& settlement, std::size_t runs, std::vector<trace::LayerRecord>& records) {
    trace::DeviceTime time;
    profiler::SpanRecorder recorder(records.size(), runs);
    std::size_t run = 0;
    for (const Settled& settled : settlement.device) {
        for (; run < settled.run; ++run) recorder.nextRun();
        const double share = settled.durationNs() / static_cast<double>(runs);
        if (settled.layer >= 0) {
            recorder.nodeTime(settled.layer, settled.durationNs());
            time.layersNs += share;
        } else {
            (settled.layer == trace::kTransfers ? time.transfersNs : time.restNs) += share;
        }
    }
    recorder.fill(records);
    return time;
}

class TraceBuilder {
public:
    TraceBuilder(const Recording& recording, const Settlement& settlement, const std::vector<trace::LayerRecord>& records)
        : m_recording(recording), m_settlement(settlement), m_records(records), m_originNs(recording.runs.front().beginNs) {
        m_trace.names = recording.activities.names;
        for (std::size_t i = 0; i < m_trace.names.size(); ++i) m_names.try_emplace(m_trace.names[i], static_cast<std::int32_t>(i));
        m_trace.dropped = recording.activities.dropped + recording.activities.broken + settlement.untimed;
    }

    trace::Trace build() {
        addHost();
        addStreams();
        trace::sortSpans(m_trace);
        return std::move(m_trace);
    }

private:
    using Stream = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;  // device, context, its number

    std::int32_t nameOf(const std::string& name) {
        const auto [found, isNew] = m_names.try_emplace(name, static_cast<std::int32_t>(m_trace.names.size()));
        if (isNew) m_trace.names.push_back(name);
        return found->second;
    }

    /// What began before the first run (by the clocks' few microseconds) is cut there.
    trace::Span spanBetween(std::uint64_t beginNs, std::uint64_t endNs) const {
        const std::int64_t begin = std::max<std::int64_t>(0, static_cast<std::int64_t>(beginNs - m_originNs));
        const std::int64_t end = std::max(begin, static_cast<std::int64_t>(endNs - m_originNs));
        trace::Span span;
        span.beginNs = begin;
        span.durationNs = end - begin;
        return span;
    }

    trace::Span spanOf(const Settled& settled) const {
        trace::Span span = spanBetween(settled.activity->beginNs, settled.activity->endNs);
        span.name = settled.activity->name;
        span.layer = std::max(settled.layer, -1);
        span.kind = spanKind(settled.activity->kind);
        return span;
    }

    /// The thread that calls most runs the model; waiting is told without its thread.
    std::uint32_t mainThread() const {
        std::map<std::uint32_t, std::size_t> calls;
        for (const Settled& settled : m_settlement.host)
            if (settled.activity->kind == ActivityKind::Call) ++calls[settled.activity->thread];
        const auto most = std::ranges::max_element(calls, {}, [](const auto& entry) { return entry.second; });
        return most == calls.end() ? 0 : most->first;
    }

    void addHost() {
        std::map<std::uint32_t, std::vector<trace::Span>> others;  // by thread
        std::vector<trace::Span> main, overhead;
        const std::int32_t run = nameOf("run");
        for (const RunMark& mark : m_recording.runs) {
            trace::Span& span = main.emplace_back(spanBetween(mark.beginNs, mark.endNs));
            span.name = run;
            span.kind = trace::SpanKind::Run;
        }
        const std::uint32_t mine = mainThread();
        for (const Settled& settled : m_settlement.host) {
            const Activity& activity = *settled.activity;
            if (activity.kind == ActivityKind::Overhead) overhead.push_back(spanOf(settled));
            else if (activity.kind == ActivityKind::Call && activity.thread != mine) others[activity.thread].push_back(spanOf(settled));
            else main.push_back(spanOf(settled));
        }
        place(std::move(main), "host", m_trace);
        for (auto& [thread, spans] : others) place(std::move(spans), "host, thread " + std::to_string(thread), m_trace);
        place(std::move(overhead), "recording", m_trace);
    }

    void addStreams() {
        std::map<Stream, std::vector<Settled>> streams;
        std::set<std::uint32_t> devices;
        for (const Settled& settled : m_settlement.device) {
            const Activity& activity = *settled.activity;
            streams[{activity.device, activity.context, activity.stream}].push_back(settled);
            devices.insert(activity.device);
        }
        for (const auto& [stream, activities] : streams) {
            std::vector<trace::Span> spans = nodesAround(activities);
            for (const Settled& settled : activities) spans.push_back(spanOf(settled));
            const std::string device = devices.size() > 1 ? "device " + std::to_string(std::get<0>(stream)) + ", " : "";
            place(std::move(spans), device + "stream " + std::to_string(std::get<2>(stream)), m_trace);
        }
    }

    /// A node around each row of activities of one layer, unless an activity of another layer reaches into it.
    std::vector<trace::Span> nodesAround(std::span<const Settled> activities) {
        struct Row {
            Settled first;
            std::uint64_t endNs = 0;
            bool overlaps = false;
        };
        std::vector<Row> rows;
        std::size_t furthest = 0;  // the row that ends last so far
        for (const Settled& settled : activities) {
            const bool goesOn = !rows.empty() && rows.back().first.layer == settled.layer && rows.back().first.run == settled.run;
            if (!goesOn) rows.push_back({settled, settled.activity->endNs});
            Row& row = rows.back();
            row.endNs = std::max(row.endNs, settled.activity->endNs);
            if (furthest + 1 < rows.size() && rows[furthest].endNs > settled.activity->beginNs)
                rows[furthest].overlaps = row.overlaps = true;
            if (row.endNs >= rows[furthest].endNs) furthest = rows.size() - 1;
        }
        std::vector<trace::Span> nodes;
        for (const Row& row : rows) {
            if (row.first.layer < 0 || row.overlaps) continue;
            trace::Span& span = nodes.emplace_back(spanBetween(row.first.activity->beginNs, row.endNs));
            span.layer = row.first.layer;
            span.name = nameOf(m_records[static_cast<std::size_t>(span.layer)].node);
            span.kind = trace::SpanKind::Node;
        }
        return nodes;
    }

    const Recording& m_recording;
    const Settlement& m_settlement;
    const std::vector<trace::LayerRecord>& m_records;
    std::uint64_t m_originNs;
    trace::Trace m_trace;
    std::unordered_map<std::string, std::int32_t> m_names;
};

}  // namespace

Result<profiler::DeviceProfile> attribute(const Recording& recording, std::vector<trace::LayerRecord>& records) {
    const Settlement settlement = settle(recording, records.size());
    if (recording.runs.empty() || settlement.device.empty())
        return fail(ErrorCode::Failed, "no activity of the device was recorded during the runs");
    profiler::DeviceProfile profile;
    profile.time = addUp(settlement, recording.runs.size(), records);
    profile.trace = TraceBuilder(recording, settlement, records).build();
    TRIMTAB_REQUIRE(trace::check(profile.trace));
    return profile;
}

}  // namespace trimtab::cupti
