#include "core/trace/trace.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include <fmt/format.h>

#include "core/base/checked.h"

namespace trimtab::trace {
namespace {

bool standsBefore(const Span& a, const Span& b) {
    return std::tuple(a.track, a.beginNs, -a.durationNs) < std::tuple(b.track, b.beginNs, -b.durationNs);
}

Status checkSpan(const Trace& trace, std::size_t i) {
    const Span& span = trace.spans[i];
    if (span.name < 0 || static_cast<std::size_t>(span.name) >= trace.names.size() || span.track >= trace.tracks.size() || span.layer < -1)
        return fail(ErrorCode::Refused, fmt::format("span {} of the trace names something that is not there", i));
    if (span.beginNs < 0 || span.durationNs < 0 || !base::checkedAdd(span.beginNs, span.durationNs))
        return fail(ErrorCode::Refused, fmt::format("span {} of the trace has no sensible time", i));
    if (i > 0 && standsBefore(span, trace.spans[i - 1]))
        return fail(ErrorCode::Refused, fmt::format("span {} of the trace stands behind a later one", i));
    return {};
}

Status checkCounter(const CounterSeries& series) {
    std::int64_t last = 0;
    for (const CounterSample& sample : series.samples) {
        if (sample.timeNs < last) return fail(ErrorCode::Refused, "the samples of counter '" + series.name + "' are not in order of time");
        last = sample.timeNs;
    }
    return {};
}

/// Walks the spans with the ends of those that hold the current one; visit(index, depth). The first span that overlaps its holder, if any.
template <class Visit>
std::size_t walk(const Trace& trace, Visit visit) {
    std::vector<std::int64_t> ends;
    for (std::size_t i = 0; i < trace.spans.size(); ++i) {
        const Span& span = trace.spans[i];
        if (i > 0 && span.track != trace.spans[i - 1].track) ends.clear();
        // A span of no time at the end of another belongs to neither side; it is taken as inside.
        while (!ends.empty() && (span.durationNs > 0 ? ends.back() <= span.beginNs : ends.back() < span.beginNs)) ends.pop_back();
        if (!ends.empty() && span.endNs() > ends.back()) return i;
        visit(i, ends.size());
        ends.push_back(span.endNs());
    }
    return trace.spans.size();
}

}  // namespace

std::string_view name(SpanKind kind) {
    switch (kind) {
        case SpanKind::Run: return "run";
        case SpanKind::Phase: return "phase";
        case SpanKind::Node: return "node";
        case SpanKind::Kernel: return "kernel";
        case SpanKind::Copy: return "copy";
        case SpanKind::Wait: return "wait";
        case SpanKind::Overhead: return "overhead";
    }
    return "node";
}

void sortSpans(Trace& trace) { std::ranges::stable_sort(trace.spans, standsBefore); }

Status check(const Trace& trace) {
    constexpr std::size_t kMostTracks = std::numeric_limits<std::uint16_t>::max();
    if (trace.tracks.size() > kMostTracks) return fail(ErrorCode::Refused, fmt::format("the trace has more than {} tracks", kMostTracks));
    for (std::size_t i = 0; i < trace.spans.size(); ++i) TRIMTAB_REQUIRE(checkSpan(trace, i));
    for (const CounterSeries& series : trace.counters) TRIMTAB_REQUIRE(checkCounter(series));
    const std::size_t overlapping = walk(trace, [](std::size_t, std::size_t) {});
    if (overlapping < trace.spans.size())
        return fail(ErrorCode::Refused, fmt::format("span {} of the trace ends after the one that holds it", overlapping));
    return {};
}

std::vector<std::uint16_t> depths(const Trace& trace) {
    constexpr std::size_t kDeepest = std::numeric_limits<std::uint16_t>::max();
    std::vector<std::uint16_t> result(trace.spans.size(), 0);
    walk(trace, [&](std::size_t i, std::size_t depth) { result[i] = static_cast<std::uint16_t>(std::min(depth, kDeepest)); });
    return result;
}

}  // namespace trimtab::trace
