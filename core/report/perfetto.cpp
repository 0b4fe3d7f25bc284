#include "core/report/perfetto.h"

#include "core/base/file.h"
#include "core/report/perfetto.pb.h"

namespace trimtab::report {
namespace {

using trace::Span;
using trace::SpanKind;

constexpr std::uint64_t kProcess = 1;  // uuid of the track that holds the others
constexpr std::uint32_t kSequence = 1;
constexpr std::uint32_t kNamesAnew = 1, kNeedsNames = 2;
constexpr SpanKind kLastKind = SpanKind::Overhead;

std::uint64_t trackOf(const Span& span) { return kProcess + 1 + span.track; }
std::uint64_t iid(std::size_t index) { return index + 1; }  // 0 means none

/// One packet after the other; the file is their concatenation.
class Packets {
public:
    explicit Packets(const trace::Trace& trace, const std::vector<trace::LayerRecord>& layers) : m_trace(trace), m_layers(layers) {}

    void describe(const std::string& process) {
        perfetto::TracePacket& packet = next();
        packet.set_sequence_flags(kNamesAnew | kNeedsNames);
        auto& descriptor = *packet.mutable_track_descriptor();
        descriptor.set_uuid(kProcess);
        descriptor.mutable_process()->set_pid(1);
        descriptor.mutable_process()->set_process_name(process);
        auto& interned = *packet.mutable_interned_data();
        for (std::size_t i = 0; i < m_trace.names.size(); ++i) {
            auto& entry = *interned.add_event_names();
            entry.set_iid(iid(i));
            entry.set_name(m_trace.names[i]);
        }
        for (std::size_t kind = 0; kind <= static_cast<std::size_t>(kLastKind); ++kind) {
            auto& entry = *interned.add_event_categories();
            entry.set_iid(iid(kind));
            entry.set_name(std::string(trace::name(static_cast<SpanKind>(kind))));
        }
        write();
        for (std::size_t track = 0; track < m_trace.tracks.size(); ++track) describeTrack(kProcess + 1 + track, m_trace.tracks[track]);
    }

    /// Spans hold one another, so their ends are written when something begins behind them.
    void spans() {
        std::vector<const Span*> open;
        const auto close = [&](const Span* next) {
            while (!open.empty() && (!next || next->track != open.back()->track || next->beginNs >= open.back()->endNs())) {
                if (next && next->track == open.back()->track && next->durationNs == 0 && next->beginNs == open.back()->endNs()) break;
                end(*open.back());
                open.pop_back();
            }
        };
        for (const Span& span : m_trace.spans) {
            close(&span);
            begin(span);
            open.push_back(&span);
        }
        close(nullptr);
    }

    void counters() {
        for (std::size_t i = 0; i < m_trace.counters.size(); ++i) {
            const trace::CounterSeries& series = m_trace.counters[i];
            const std::uint64_t track = kProcess + 1 + m_trace.tracks.size() + i;
            describeTrack(track, series.name, &series.unit);
            for (const trace::CounterSample& sample : series.samples) {
                auto& event = eventAt(sample.timeNs, perfetto::TrackEvent::TYPE_COUNTER, track);
                event.set_double_counter_value(sample.value);
                write();
            }
        }
    }

    std::string take() { return std::move(m_bytes); }

private:
    perfetto::TracePacket& next() {
        m_one.Clear();
        perfetto::TracePacket& packet = *m_one.add_packet();
        packet.set_trusted_packet_sequence_id(kSequence);
        return packet;
    }

    void write() { m_one.AppendToString(&m_bytes); }

    void describeTrack(std::uint64_t uuid, const std::string& name, const std::string* unit = nullptr) {
        auto& descriptor = *next().mutable_track_descriptor();
        descriptor.set_uuid(uuid);
        descriptor.set_parent_uuid(kProcess);
        descriptor.set_name(name);
        if (unit) descriptor.mutable_counter()->set_unit_name(*unit);
        write();
    }

    perfetto::TrackEvent& eventAt(std::int64_t time, perfetto::TrackEvent::Type type, std::uint64_t track) {
        perfetto::TracePacket& packet = next();
        packet.set_timestamp(static_cast<std::uint64_t>(time));
        packet.set_sequence_flags(kNeedsNames);
        auto& event = *packet.mutable_track_event();
        event.set_type(type);
        event.set_track_uuid(track);
        return event;
    }

    void begin(const Span& span) {
        auto& event = eventAt(span.beginNs, perfetto::TrackEvent::TYPE_SLICE_BEGIN, trackOf(span));
        event.set_name_iid(iid(static_cast<std::size_t>(span.name)));
        event.add_category_iids(iid(static_cast<std::size_t>(span.kind)));
        if (span.layer >= 0 && static_cast<std::size_t>(span.layer) < m_layers.size()) {
            const trace::LayerRecord& layer = m_layers[static_cast<std::size_t>(span.layer)];
            annotate(event, "operator", layer.op);
            annotate(event, "kernel", layer.kernel);
        }
        write();
    }

    void end(const Span& span) {
        eventAt(span.endNs(), perfetto::TrackEvent::TYPE_SLICE_END, trackOf(span));
        write();
    }

    static void annotate(perfetto::TrackEvent& event, const char* name, const std::string& value) {
        auto& annotation = *event.add_debug_annotations();
        annotation.set_name(name);
        annotation.set_string_value(value);
    }

    const trace::Trace& m_trace;
    const std::vector<trace::LayerRecord>& m_layers;
    perfetto::Trace m_one;
    std::string m_bytes;
};

}  // namespace

std::string toPerfetto(const trace::Trace& trace, const std::vector<trace::LayerRecord>& layers, const std::string& process) {
    Packets packets(trace, layers);
    packets.describe(process);
    packets.spans();
    packets.counters();
    return packets.take();
}

Status writePerfetto(const trace::Trace& trace, const std::vector<trace::LayerRecord>& layers, const std::string& process,
                     const std::filesystem::path& path) {
    return base::writeFileAtomically(path, toPerfetto(trace, layers, process));
}

}  // namespace trimtab::report
