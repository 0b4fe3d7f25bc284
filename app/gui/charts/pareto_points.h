// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What a Pareto chart draws, worked out from a snapshot: points with their intervals, the front in the order of its line, the axes, and the
// strip beside the plot where trials without a speed stand. The axes are those of the report's chart: logarithmic over wide spans, turned
// over when lower is better. No Qt widgets here, so that tests read it directly.
#include <optional>
#include <vector>

#include <QString>

#include "app/gui/models/roles.h"
#include "app/gui/models/study_snapshot.h"
#include "core/report/chart_model.h"

namespace trimtab::gui {

struct ChartPoint {
    std::int64_t trial = 0;
    Marker marker = Marker::Native;
    bool onFront = false;
    bool inStrip = false;                 // no speed: x is a lane of the strip
    double x = 0, y = 0;                  // where it stands: 0 at the plot's left and lower edge, 1 at its right and upper edge
    std::optional<base::Interval> xInterval, yInterval;  // where their ends stand
    QString label;
};

struct ChartPlan {
    std::vector<ChartPoint> points;
    std::vector<std::size_t> front;       // indices into points, by x
    report::ChartAxis x, y;               // of the plot without the strip, in units that have few digits
    QString xTitle, yTitle;
    double xScale = 1, yScale = 1;        // those units = value × scale
    double stripLow = 0, stripHigh = 0;   // beside the plot, in its widths; equal: no strip
    double width = 1;                     // of plot and strip together
    int leftOut = 0;                      // points beyond the vertical axis
};

/// Failed trials and trials without a figure (report::verticalFigure()) are not drawn. `nearFront` ends the vertical axis a little below
/// the worst point of the front and the baseline; points beyond it are left out and counted.
ChartPlan planChart(const StudySnapshot& snapshot, bool nearFront = false);

}  // namespace trimtab::gui
