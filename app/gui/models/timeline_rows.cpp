// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/timeline_rows.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace trimtab::gui {

namespace {

/// Position in the row of the first span that ends behind a time.
std::size_t firstEndingAfter(const trace::Trace& trace, const TimelineRow& row, double time) {
    const auto found = std::ranges::partition_point(row.spans, [&](std::uint32_t index) {
        const trace::Span& span = trace.spans[index];
        return static_cast<double>(span.endNs()) < time || (span.durationNs > 0 && static_cast<double>(span.endNs()) == time);
    });
    return static_cast<std::size_t>(found - row.spans.begin());
}

/// The same for begins, from a position on.
std::size_t firstBeginningFrom(const trace::Trace& trace, const TimelineRow& row, std::size_t from, double time) {
    const auto found = std::partition_point(row.spans.begin() + static_cast<std::ptrdiff_t>(from), row.spans.end(),
                                            [&](std::uint32_t index) { return static_cast<double>(trace.spans[index].beginNs) < time; });
    return static_cast<std::size_t>(found - row.spans.begin());
}

}  // namespace

std::vector<TimelineRow> timelineRows(const trace::Trace& trace) {
    const std::vector<std::uint16_t> depths = trace::depths(trace);
    std::map<std::pair<std::uint16_t, std::uint16_t>, std::size_t> places;
    std::vector<TimelineRow> rows;
    for (std::size_t i = 0; i < trace.spans.size(); ++i) {
        const auto key = std::pair(trace.spans[i].track, depths[i]);
        const auto [found, isNew] = places.try_emplace(key, rows.size());
        if (isNew) rows.push_back({key.first, key.second, {}});
        rows[found->second].spans.push_back(static_cast<std::uint32_t>(i));
    }
    std::ranges::sort(rows, {}, [](const TimelineRow& row) { return std::pair(row.track, row.depth); });
    return rows;
}

TimeRange wholeRange(const trace::Trace& trace) {
    if (trace.spans.empty()) return {};
    std::int64_t begin = trace.spans.front().beginNs, end = begin;
    for (const trace::Span& span : trace.spans) {
        begin = std::min(begin, span.beginNs);
        end = std::max(end, span.endNs());
    }
    return {static_cast<double>(begin), static_cast<double>(std::max(end, begin + 1))};
}

std::vector<TimelineBar> visibleBars(const trace::Trace& trace, const TimelineRow& row, const TimeRange& range, int width) {
    std::vector<TimelineBar> bars;
    if (width <= 0) return bars;
    const double scale = width / range.lengthNs();
    const auto pixel = [&](std::int64_t time) {
        return static_cast<int>(std::clamp((static_cast<double>(time) - range.beginNs) * scale, 0.0, static_cast<double>(width)));
    };
    std::size_t at = firstEndingAfter(trace, row, range.beginNs);
    while (at < row.spans.size()) {
        const trace::Span& span = trace.spans[row.spans[at]];
        if (static_cast<double>(span.beginNs) >= range.endNs) break;
        TimelineBar bar{pixel(span.beginNs), std::max(pixel(span.endNs()), pixel(span.beginNs) + 1), row.spans[at], false};
        std::size_t next = at + 1;
        if (bar.right == bar.left + 1) {
            // Whatever begins in the same pixel is not seen by itself.
            next = std::max(next, firstBeginningFrom(trace, row, next, range.beginNs + (bar.left + 1) / scale));
            // The last of them may reach farther; it has a bar of its own.
            if (next > at + 1 && pixel(trace.spans[row.spans[next - 1]].endNs()) > bar.right) --next;
            bar.shared = next > at + 1;
        }
        bars.push_back(bar);
        at = next;
    }
    return bars;
}

std::int64_t spanAt(const trace::Trace& trace, const TimelineRow& row, const TimeRange& range, int width, int x) {
    const double perPixel = range.lengthNs() / std::max(width, 1);
    const double from = range.beginNs + x * perPixel, to = from + perPixel;
    std::int64_t best = -1;
    for (std::size_t at = firstEndingAfter(trace, row, from); at < row.spans.size(); ++at) {
        const trace::Span& span = trace.spans[row.spans[at]];
        if (static_cast<double>(span.beginNs) >= to) break;
        if (best < 0 || span.durationNs > trace.spans[static_cast<std::size_t>(best)].durationNs) best = row.spans[at];
    }
    return best;
}

}  // namespace trimtab::gui
