// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/pareto_points.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>

#include "app/gui/models/text.h"
#include "app/gui/models/trial_table_model.h"

namespace trimtab::gui {

namespace {

constexpr double kStripShare = 0.14;  // of the whole width
constexpr int kLongTitle = 18;        // characters that leave no room beside a low plot

std::optional<base::Interval> scaled(const std::optional<base::Interval>& interval, double scale) {
    if (!interval || !std::isfinite(interval->low * scale) || !std::isfinite(interval->high * scale)) return std::nullopt;
    return base::Interval{interval->low * scale, interval->high * scale};
}

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

QString verticalTitle(const std::string& metric, bool higherIsBetter) {
    const QString title = metricTitle(metric) + (metricIsShare(metric) ? QStringLiteral(", %") : QString());
    if (higherIsBetter) return title;
    return title.size() > kLongTitle ? QCoreApplication::translate("Chart", "%1<br>(lower is better)").arg(title)
                                     : QCoreApplication::translate("Chart", "%1 (lower is better)").arg(title);
}

void addPoints(ChartPlan& plan, const StudySnapshot& snapshot) {
    for (const trial::TrialResult& result : snapshot.results) {
        const auto figure = report::verticalFigure(snapshot.study, result);
        if (!figure) continue;
        const tune::ParetoRow* row = snapshot.row(result.id);
        ChartPoint point;
        point.trial = result.id;
        point.marker = markerOf(result);
        point.onFront = row && row->onFront;
        point.label = QString::fromStdString(result.trial.label);
        point.y = figure->value * plan.yScale;
        point.yInterval = scaled(figure->interval, plan.yScale);
        const std::optional<double> x = axisValue(result, snapshot.axis);
        point.inStrip = !x;
        if (x) point.x = *x * plan.xScale;
        if (x) point.xInterval = scaled(axisInterval(result, snapshot.axis), plan.xScale);
        plan.points.push_back(point);
    }
}

/// Drops points that are worse than the front's worst by more than the front's own height.
void keepNearFront(ChartPlan& plan, bool higherIsBetter) {
    report::AxisRange front;
    for (const ChartPoint& point : plan.points) {
        if (point.onFront || point.marker == Marker::Baseline) {
            front.include(point.yInterval ? point.yInterval->low : point.y);
            front.include(point.yInterval ? point.yInterval->high : point.y);
        }
    }
    if (front.empty()) return;
    const double margin = std::max(front.high - front.low, std::abs(front.high) * 0.01);
    const auto before = plan.points.size();
    std::erase_if(plan.points,
                  [&](const ChartPoint& point) { return higherIsBetter ? point.y < front.low - margin : point.y > front.high + margin; });
    plan.leftOut = static_cast<int>(before - plan.points.size());
}

/// Trials in the strip have no x of their own: three lanes keep those of like quality apart.
void spreadStrip(ChartPlan& plan) {
    std::vector<ChartPoint*> strip;
    for (ChartPoint& point : plan.points) {
        if (point.inStrip) strip.push_back(&point);
    }
    if (strip.empty()) return;
    plan.stripLow = 1;
    plan.stripHigh = plan.width = 1 / (1 - kStripShare);
    std::sort(strip.begin(), strip.end(), [](const ChartPoint* a, const ChartPoint* b) { return a->y < b->y; });
    constexpr double kLanes[] = {0.5, 0.25, 0.75};
    for (std::size_t i = 0; i < strip.size(); ++i) strip[i]->x = plan.stripLow + kLanes[i % 3] * (plan.stripHigh - plan.stripLow);
}

void setAxes(ChartPlan& plan, bool higherIsBetter) {
    report::AxisRange x, y;
    std::vector<base::Interval> besides;
    for (const ChartPoint& point : plan.points) {
        y.include(point.y);
        if (point.yInterval) {
            y.include(point.yInterval->low);
            y.include(point.yInterval->high);
        }
        if (point.inStrip) continue;
        x.include(point.x);
        if (point.xInterval) besides.push_back(*point.xInterval);
    }
    x.makeRoomFor(besides);
    if (x.empty()) x = {0, 1};
    if (y.empty()) y = {0, 1};
    plan.x = report::makeAxis({}, x.low, x.high, false);
    plan.y = report::makeAxis({}, y.low, y.high, !higherIsBetter);
}

base::Interval positions(const report::ChartAxis& axis, const base::Interval& interval) {
    const auto [low, high] = std::minmax({axis.position(interval.low), axis.position(interval.high)});
    return {low, high};
}

/// From figures to places. What lies beyond an axis stands at its end.
void placePoints(ChartPlan& plan) {
    for (ChartPoint& point : plan.points) {
        point.y = plan.y.position(point.y);
        if (point.yInterval) point.yInterval = positions(plan.y, *point.yInterval);
        if (!point.inStrip) point.x = plan.x.position(point.x);
        if (point.xInterval) point.xInterval = positions(plan.x, *point.xInterval);
    }
}

}  // namespace

ChartPlan planChart(const StudySnapshot& snapshot, bool nearFront) {
    ChartPlan plan;
    double largest = 0;
    report::VerticalFigure shown{.metric = snapshot.study.metric};
    for (const auto& result : snapshot.results) {
        largest = std::max(largest, axisValue(result, snapshot.axis).value_or(0));
        if (auto figure = report::verticalFigure(snapshot.study, result)) shown = std::move(*figure);
    }
    const bool higherIsBetter = shown.higherIsBetter;
    chooseUnit(plan, snapshot.axis, largest);
    plan.yScale = metricIsShare(shown.metric) ? 100 : 1;
    plan.yTitle = snapshot.study.randomWeights ? QCoreApplication::translate("Chart", "Weights, MB<br>(lower is better)")
                                               : verticalTitle(shown.metric, higherIsBetter);
    addPoints(plan, snapshot);
    if (nearFront) keepNearFront(plan, higherIsBetter);
    setAxes(plan, higherIsBetter);
    placePoints(plan);
    spreadStrip(plan);
    for (std::size_t i = 0; i < plan.points.size(); ++i) {
        if (plan.points[i].onFront && !plan.points[i].inStrip) plan.front.push_back(i);
    }
    std::sort(plan.front.begin(), plan.front.end(), [&plan](std::size_t a, std::size_t b) { return plan.points[a].x < plan.points[b].x; });
    return plan;
}

}  // namespace trimtab::gui
