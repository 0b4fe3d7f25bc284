#include "core/report/chart_model.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace trimtab::report {
namespace {

constexpr double kLogarithmicSpan = 20;

std::string tickLabel(double value) {
    const double magnitude = std::abs(value);
    if (magnitude >= 1e5 || (magnitude > 0 && magnitude < 1e-3)) return fmt::format("{:.0e}", value);
    return fmt::format("{:.6g}", value);
}

double roundStep(double span, int wanted) {
    const double raw = span / wanted;
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 2.5, 5.0})
        if (factor * power >= raw) return factor * power;
    return 10 * power;
}

void addLinearTicks(ChartAxis& axis) {
    const double step = roundStep(axis.high - axis.low, 6);
    for (double value = std::ceil(axis.low / step) * step; value <= axis.high + step * 1e-9; value += step)
        axis.ticks.push_back({value, tickLabel(std::abs(value) < step * 1e-9 ? 0 : value)});
}

void addLogarithmicTicks(ChartAxis& axis) {
    const bool many = std::log10(axis.high / axis.low) > 3;
    for (double decade = std::pow(10.0, std::floor(std::log10(axis.low))); decade <= axis.high; decade *= 10) {
        for (const double factor : {1.0, 2.0, 5.0}) {
            const double value = decade * factor;
            if ((factor > 1 && many) || value < axis.low || value > axis.high) continue;
            axis.ticks.push_back({value, tickLabel(value)});
        }
    }
}

bool isFinite(const base::Interval& interval) { return std::isfinite(interval.low) && std::isfinite(interval.high); }

}  // namespace

double ChartAxis::position(double value) const {
    double share = logarithmic ? std::log(std::max(value, low) / low) / std::log(high / low) : (value - low) / (high - low);
    share = std::clamp(share, 0.0, 1.0);
    return reversed ? 1 - share : share;
}

ChartAxis makeAxis(std::string title, double low, double high, bool reversed) {
    ChartAxis axis;
    axis.title = std::move(title);
    axis.reversed = reversed;
    axis.logarithmic = low > 0 && high / low > kLogarithmicSpan;
    if (axis.logarithmic) {
        axis.low = low / 1.15;
        axis.high = high * 1.15;
        addLogarithmicTicks(axis);
        return axis;
    }
    const double margin = high > low ? 0.06 * (high - low) : std::max(std::abs(high) * 0.1, 1e-6);
    axis.low = low >= 0 && low - margin < 0 ? 0 : low - margin;
    axis.high = high + margin;
    addLinearTicks(axis);
    return axis;
}

ChartModel chartModel(const ReportInput& input) {
    ChartModel chart;
    chart.title = input.study.modelName.empty() ? input.study.name : input.study.modelName;
    double xLow = INFINITY, xHigh = -INFINITY, yLow = INFINITY, yHigh = -INFINITY;
    bool higherIsBetter = true;
    std::string metric = "accuracy";
    for (std::size_t i = 0; i < input.results.size() && i < input.rows.size(); ++i) {
        const trial::TrialResult& result = input.results[i];
        if (!result.accuracy || result.state != trial::State::Finished) continue;
        ChartPoint point{result.id, result.trial.label, 0, result.accuracy->value, {}, result.accuracy->interval};
        metric = result.accuracy->metric;
        higherIsBetter = result.accuracy->higherIsBetter;
        point.emulated = result.execution == trace::Execution::Emulated;
        point.onFront = input.rows[i].onFront;
        point.baseline = result.isBaseline;
        point.stale = result.stale;
        point.chosen = result.id == input.chosen;
        if (!std::isfinite(point.y)) continue;
        if (!isFinite(point.yInterval)) point.yInterval = {point.y, point.y};
        yLow = std::min(yLow, point.yInterval.low);
        yHigh = std::max(yHigh, point.yInterval.high);
        if (result.speed && !point.emulated) {
            point.timed = true;
            point.x = result.speed->medianMs;
            point.xInterval = isFinite(result.speed->medianInterval) ? result.speed->medianInterval : base::Interval{point.x, point.x};
            xLow = std::min(xLow, point.xInterval.low);
            xHigh = std::max(xHigh, point.xInterval.high);
        }
        chart.points.push_back(std::move(point));
    }
    if (!(xLow <= xHigh)) xLow = 0, xHigh = 1;
    if (!(yLow <= yHigh)) yLow = 0, yHigh = 1;
    chart.x = makeAxis("latency of one run, ms (lower is better)", xLow, xHigh, false);
    chart.y = makeAxis(metric + (higherIsBetter ? " (higher is better)" : " (lower is better: the axis points down)"), yLow, yHigh, !higherIsBetter);
    return chart;
}

}  // namespace trimtab::report
