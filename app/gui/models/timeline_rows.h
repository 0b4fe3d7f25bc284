// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A trace laid out as rows of spans that do not overlap, and what of a row is seen at a scale. However many spans there are, a row shows no
// more than two bars for each of its pixels: those that begin and end in one pixel share a bar.
#include <cstdint>
#include <memory>
#include <vector>

#include "core/trace/trace.h"

namespace trimtab::gui {

struct TimelineRow {
    std::uint16_t track = 0;
    std::uint16_t depth = 0;             // within the track
    std::vector<std::uint32_t> spans;    // indices, by time
};

/// By track, then by depth.
std::vector<TimelineRow> timelineRows(const trace::Trace& trace);

/// From the first begin to the last end, of at least a nanosecond.
struct TimeRange {
    double beginNs = 0, endNs = 1;
    double lengthNs() const { return endNs - beginNs; }
};
TimeRange wholeRange(const trace::Trace& trace);

struct TimelineBar {
    int left = 0, right = 0;     // pixels, right exclusive, at least one wide
    std::uint32_t span = 0;      // the only one, or the first of those that share the bar
    bool shared = false;
};

/// The bars of a row in a range shown `width` pixels wide, from left to right.
std::vector<TimelineBar> visibleBars(const trace::Trace& trace, const TimelineRow& row, const TimeRange& range, int width);

/// The longest span of a row that begins or lasts within that pixel; −1 where there is none.
std::int64_t spanAt(const trace::Trace& trace, const TimelineRow& row, const TimeRange& range, int width, int x);

}  // namespace trimtab::gui
