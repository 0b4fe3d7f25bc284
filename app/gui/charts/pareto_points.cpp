// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/pareto_points.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <QCoreApplication>

#include "app/gui/models/text.h"
#include "app/gui/models/trial_table_model.h"

namespace trimtab::gui {

namespace {

constexpr double kStripShare = 0.14;  // of the whole width
constexpr int kTicks = 6;

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    void include(double value) {
        if (!std::isfinite(value)) return;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    bool empty() const { return low > high; }
};

int decimalsFor(double step) { return std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 6); }

base::Interval scaled(const base::Interval& interval, double scale) { return {interval.low * scale, interval.high * scale}; }

/// A unit in which the axis' figures have one to three digits before the point.
void chooseUnit(ChartPlan& plan, SpeedAxis axis, double largest) {
    struct Unit {
        double from, scale;
        const char* name;
    };
    static const Unit latency[] = {{1000, 1e-3, "s"}, {1, 1, "ms"}, {0, 1e3, "µs"}};
    static const Unit size[] = {{1e9, 1e-9, "GB"}, {1e6, 1e-6, "MB"}, {1e3, 1e-3, "kB"}, {0, 1, "B"}};
    static const Unit throughput[] = {{1e6, 1e-6, "M"}, {1e4, 1e-3, "k"}, {0, 1, ""}};
    const Unit* unit = axis == SpeedAxis::Latency ? latency : axis == SpeedAxis::Size ? size : throughput;
    while (largest < unit->from) ++unit;
    plan.xScale = unit->scale;
    const QString name = QString::fromUtf8(unit->name);
    plan.xTitle = axisTitle(axis);
    if (axis == SpeedAxis::Throughput) {
        if (!name.isEmpty()) plan.xTitle = QCoreApplication::translate("Chart", "Throughput, thousands of samples a second");
        if (name == QLatin1String("M")) plan.xTitle = QCoreApplication::translate("Chart", "Throughput, millions of samples a second");
    } else {
        plan.xTitle += QStringLiteral(", ") + name;
    }
}

void addPoints(ChartPlan& plan, const StudySnapshot& snapshot) {
    for (const trial::TrialResult& result : snapshot.results) {
        if (result.state != trial::State::Finished || !result.accuracy || !std::isfinite(result.accuracy->value)) continue;
        const double yScale = metricIsShare(result.accuracy->metric) ? 100 : 1;
        const tune::ParetoRow* row = snapshot.row(result.id);
        ChartPoint point;
        point.trial = result.id;
        point.marker = markerOf(result);
        point.onFront = row && row->onFront;
        point.label = QString::fromStdString(result.trial.label);
        point.y = result.accuracy->value * yScale;
        point.yInterval = scaled(result.accuracy->interval, yScale);
        const std::optional<double> x = axisValue(result, snapshot.axis);
        point.inStrip = !x;
        if (x) point.x = *x * plan.xScale;
        if (const auto interval = axisInterval(result, snapshot.axis); x && interval) point.xInterval = scaled(*interval, plan.xScale);
        plan.points.push_back(point);
    }
}

/// Drops points that are worse than the front's worst by more than the front's own height.
void keepNearFront(ChartPlan& plan, bool higherIsBetter) {
    Range front;
    for (const ChartPoint& point : plan.points) {
        if (point.onFront || point.marker == Marker::Baseline) {
            front.include(point.yInterval ? point.yInterval->low : point.y);
            front.include(point.yInterval ? point.yInterval->high : point.y);
        }
    }
    if (front.empty()) return;
    const double margin = std::max(front.high - front.low, std::abs(front.high) * 0.01);
    const auto before = plan.points.size();
    std::erase_if(plan.points, [&](const ChartPoint& point) { return higherIsBetter ? point.y < front.low - margin : point.y > front.high + margin; });
    plan.leftOut = static_cast<int>(before - plan.points.size());
}

/// Trials in the strip have no x of their own: three lanes keep those of like quality apart.
void spreadStrip(ChartPlan& plan) {
    std::vector<ChartPoint*> strip;
    for (ChartPoint& point : plan.points) {
        if (point.inStrip) strip.push_back(&point);
    }
    std::sort(strip.begin(), strip.end(), [](const ChartPoint* a, const ChartPoint* b) { return a->y < b->y; });
    constexpr double kLanes[] = {0.5, 0.25, 0.75};
    for (std::size_t i = 0; i < strip.size(); ++i) strip[i]->x = plan.stripLow + kLanes[i % 3] * (plan.stripHigh - plan.stripLow);
}

/// Makes room for the horizontal intervals, but for no more than a third of the points' own spread: one disturbed measurement must not
/// press all the others together. Longer bars end at the edge of the plot.
void includeIntervals(const ChartPlan& plan, Range& x) {
    if (x.empty()) return;
    const double room = std::max((x.high - x.low) / 3, std::abs(x.high) * 0.05);
    const double low = x.low - room, high = x.high + room;
    for (const ChartPoint& point : plan.points) {
        if (!point.xInterval || point.inStrip) continue;
        x.include(std::max(point.xInterval->low, low));
        x.include(std::min(point.xInterval->high, high));
    }
}

void setRanges(ChartPlan& plan) {
    Range x, y;
    bool strip = false;
    for (const ChartPoint& point : plan.points) {
        y.include(point.y);
        if (point.yInterval) {
            y.include(point.yInterval->low);
            y.include(point.yInterval->high);
        }
        strip = strip || point.inStrip;
        if (!point.inStrip) x.include(point.x);
    }
    includeIntervals(plan, x);
    if (x.empty()) x.include(0), x.include(1);
    if (y.empty()) y.include(0), y.include(1);
    const double xSpread = std::max(x.high - x.low, std::abs(x.high) * 0.02);
    plan.x = niceTicks(std::max(x.low >= 0 ? 0.0 : x.low, x.low - 0.06 * xSpread), x.high + 0.06 * xSpread, kTicks);
    plan.y = niceTicks(y.low, y.high, kTicks);
    const double yPad = 0.03 * (plan.y.high - plan.y.low);
    plan.yLow = plan.y.low - yPad;
    plan.yHigh = plan.y.high + yPad;
    plan.xLow = plan.x.low;
    plan.xHigh = plan.x.high;
    if (strip) {
        plan.stripLow = plan.x.high;
        plan.stripHigh = plan.x.low + (plan.x.high - plan.x.low) / (1 - kStripShare);
        plan.xHigh = plan.stripHigh;
        spreadStrip(plan);
    }
    plan.xDecimals = decimalsFor(plan.x.step);
    plan.yDecimals = decimalsFor(plan.y.step);
}

}  // namespace

ChartPlan planChart(const StudySnapshot& snapshot, bool nearFront) {
    ChartPlan plan;
    double largest = 0;
    std::string metric = snapshot.study.metric;
    bool higherIsBetter = true;
    for (const auto& result : snapshot.results) {
        largest = std::max(largest, axisValue(result, snapshot.axis).value_or(0));
        if (!result.accuracy) continue;
        metric = result.accuracy->metric;
        higherIsBetter = result.accuracy->higherIsBetter;
    }
    chooseUnit(plan, snapshot.axis, largest);
    plan.yTitle = metricTitle(metric) + (metricIsShare(metric) ? QStringLiteral(", %") : QString());
    addPoints(plan, snapshot);
    if (nearFront) keepNearFront(plan, higherIsBetter);
    setRanges(plan);
    for (std::size_t i = 0; i < plan.points.size(); ++i) {
        if (plan.points[i].onFront && !plan.points[i].inStrip) plan.front.push_back(i);
    }
    std::sort(plan.front.begin(), plan.front.end(), [&plan](std::size_t a, std::size_t b) { return plan.points[a].x < plan.points[b].x; });
    return plan;
}

}  // namespace trimtab::gui
