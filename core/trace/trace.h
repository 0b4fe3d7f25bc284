#pragma once
// What happened in a profiled run, and when: spans on tracks, one inside the other, and counters over time. Values only; profiler/ records
// them, core/explain reads them, core/report writes them for other tools.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace trimtab::trace {

enum class SpanKind : std::uint8_t {
    Run,       // one inference, or one step of a generation
    Phase,     // of a run: prefill, decode
    Node,      // one (fused) node
    Kernel,    // on a device, one call of a library, or a thread's part of a parallel region
    Copy,      // between host and device, or a memset
    Wait,      // for the device
    Overhead,  // of the recording itself
};
std::string_view name(SpanKind kind);  // "run", "phase", "node", …

struct Span {
    std::int64_t beginNs = 0;  // since the trace began
    std::int64_t durationNs = 0;
    std::int32_t name = 0;    // index into Trace::names
    std::int32_t layer = -1;  // row of the plan's layer records; −1: of none
    std::uint16_t track = 0;  // index into Trace::tracks
    SpanKind kind = SpanKind::Node;

    std::int64_t endNs() const { return beginNs + durationNs; }
    bool operator==(const Span&) const = default;
};

struct CounterSample {
    std::int64_t timeNs = 0;
    double value = 0;
    bool operator==(const CounterSample&) const = default;
};

struct CounterSeries {
    std::string name;  // "clock"
    std::string unit;  // "MHz"
    std::vector<CounterSample> samples;  // by time
    bool operator==(const CounterSeries&) const = default;
};

struct Trace {
    std::vector<std::string> names;
    std::vector<std::string> tracks;  // "this thread", "stream 7"
    std::vector<Span> spans;          // by track, then by begin, the longer first: a span stands behind the one that holds it
    std::vector<CounterSeries> counters;
    std::int64_t dropped = 0;  // records that were lost before they could be read
    bool operator==(const Trace&) const = default;

    const std::string& nameOf(const Span& span) const { return names[static_cast<std::size_t>(span.name)]; }
};

/// Brings the spans into the order that Trace asks for.
void sortSpans(Trace& trace);

/// Refused, saying which: indices out of range, times before the trace's begin or beyond 64 bits, spans out of order, or spans of one
/// track that overlap and neither of which holds the other.
Status check(const Trace& trace);

/// How deep each span lies: 0 for those that no other of their track holds. REQUIRES: check().
std::vector<std::uint16_t> depths(const Trace& trace);

}  // namespace trimtab::trace
