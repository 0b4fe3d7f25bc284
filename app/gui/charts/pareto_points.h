// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What a Pareto chart draws, worked out from a snapshot: points with their intervals, the front in the order of its line, the ranges of the
// axes, and the strip beside the plot where trials without a speed stand. No Qt widgets here, so that tests read it directly.
#include <optional>
#include <vector>

#include <QString>

#include "app/gui/charts/ticks.h"
#include "app/gui/models/roles.h"
#include "app/gui/models/study_snapshot.h"

namespace trimtab::gui {

struct ChartPoint {
    std::int64_t trial = 0;
    Marker marker = Marker::Native;
    bool onFront = false;
    bool inStrip = false;                 // no speed: x is the strip's middle
    double x = 0, y = 0;                  // in chart units: shares as percentages, bytes in the axis' unit
    std::optional<base::Interval> xInterval, yInterval;
    QString label;
};

struct ChartPlan {
    std::vector<ChartPoint> points;
    std::vector<std::size_t> front;       // indices into points, by x
    Ticks x, y;                           // of the plot without the strip
    double stripLow = 0, stripHigh = 0;   // on the x axis; equal: no strip
    double xLow = 0, xHigh = 1, yLow = 0, yHigh = 1;
    QString xTitle, yTitle;
    double xScale = 1;                    // chart units = value × xScale
    int xDecimals = 0, yDecimals = 0;
    int leftOut = 0;                      // points beyond the vertical axis
};

/// Failed trials and trials without a score are not drawn. `nearFront` ends the vertical axis a little below the worst point of the front and the
/// baseline; points beyond it are left out and counted.
ChartPlan planChart(const StudySnapshot& snapshot, bool nearFront = false);

}  // namespace trimtab::gui
