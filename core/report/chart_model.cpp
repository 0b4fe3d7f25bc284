#include "core/report/chart_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace trimtab::report {
namespace {

constexpr double kLogarithmicSpan = 20;
constexpr double kMargin = 0.06;  // of the span, on each side
constexpr double kDecadesWithSteps = 3.5;
constexpr int kTicks = 6;  // about

/// As many digits as tell a tick from the one a step further.
std::string tickLabel(double value, double step) {
    if (value == 0) return "0";
    const double digits = std::floor(std::log10(std::abs(value))) - std::floor(std::log10(step)) + 2;
    return fmt::format("{:.{}g}", value, static_cast<int>(std::clamp(digits, 6.0, 16.0)));
}

double roundStep(double span, int wanted) {
    const double raw = span / wanted;
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (const double factor : {1.0, 2.0, 2.5, 5.0})
        if (factor * power >= raw) return factor * power;
    return 10 * power;
}

// None below `least`: what is never negative has no negative ticks in its margin.
void addLinearTicks(ChartAxis& axis, double least) {
    const double step = roundStep(axis.high - axis.low, kTicks);
    const double first = std::ceil(std::max(axis.low, least) / step - 1e-9);
    const double last = std::floor(axis.high / step + 1e-9);
    if (!(last - first <= 4 * kTicks)) return;  // not even NaN, as of ends that are too far apart for a difference
    for (double i = first; i <= last; ++i) axis.ticks.push_back({i * step, tickLabel(i * step, step)});
}

/// 1, 2 and 5 of every decade while there are few decades; then whole decades, or every second, third … of very many.
void addLogarithmicTicks(ChartAxis& axis) {
    const double decades = std::log10(axis.high) - std::log10(axis.low);
    const int every = std::max(1, static_cast<int>(std::ceil(decades / (kTicks + 2))));
    const std::vector<double> factors = decades > kDecadesWithSteps ? std::vector{1.0} : std::vector{1.0, 2.0, 5.0};
    const int first = static_cast<int>(std::floor(std::log10(axis.low)));
    const int last = static_cast<int>(std::floor(std::log10(axis.high)));
    for (int exponent = first; exponent <= last; ++exponent) {
        if (exponent % every != 0) continue;
        for (const double factor : factors) {
            const double value = std::pow(10.0, exponent) * factor;
            if (value >= axis.low && value <= axis.high) axis.ticks.push_back({value, tickLabel(value, value)});
        }
    }
}

bool isFinite(const base::Interval& interval) { return std::isfinite(interval.low) && std::isfinite(interval.high); }

}  // namespace

double ChartAxis::position(double value) const {
    const auto scaled = [this](double figure) { return logarithmic ? std::log(std::max(figure, low)) : figure; };
    const double share = std::clamp((scaled(value) - scaled(low)) / (scaled(high) - scaled(low)), 0.0, 1.0);
    return reversed ? 1 - share : share;
}

void AxisRange::include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
}

void AxisRange::makeRoomFor(std::span<const base::Interval> intervals) {
    if (empty()) return;
    const double room = std::max((high - low) / 3, std::abs(high) * 0.05);
    const double lowest = low > 0 ? std::max(low - room, low / 2) : low - room, highest = high + room;
    for (const base::Interval& interval : intervals) {
        if (std::isfinite(interval.low)) include(std::max(interval.low, lowest));
        if (std::isfinite(interval.high)) include(std::min(interval.high, highest));
    }
}

ChartAxis makeAxis(std::string title, double low, double high, bool reversed) {
    ChartAxis axis;
    axis.title = std::move(title);
    axis.reversed = reversed;
    axis.logarithmic = low > 0 && high / low > kLogarithmicSpan;
    if (axis.logarithmic) {
        const double margin = std::pow(high / low, kMargin);
        axis.low = std::max(low / margin, std::numeric_limits<double>::min());
        axis.high = std::min(high * margin, std::numeric_limits<double>::max());
        addLogarithmicTicks(axis);
        return axis;
    }
    const double magnitude = std::max(std::abs(low), std::abs(high));
    const bool apart = high - low > magnitude * 1e-9;  // closer ones have no steps between them that a double tells apart
    const double margin = apart ? kMargin * (high - low) : std::max(magnitude * 0.1, 1e-6);
    axis.low = low - margin;
    axis.high = high + margin;
    addLinearTicks(axis, low >= 0 ? 0 : axis.low);
    return axis;
}

std::optional<VerticalFigure> verticalFigure(const trial::Study& study, const trial::TrialResult& result) {
    if (result.state != trial::State::Finished) return std::nullopt;
    if (study.randomWeights) {
        const double megabytes = static_cast<double>(result.sizeBytes) / 1e6;
        return VerticalFigure{"size", "weights, MB", false, megabytes, {megabytes, megabytes}};
    }
    if (!result.accuracy || !std::isfinite(result.accuracy->value)) return std::nullopt;
    const trial::Accuracy& accuracy = *result.accuracy;
    return VerticalFigure{accuracy.metric, accuracy.title(), accuracy.higherIsBetter, accuracy.value, accuracy.interval};
}

ChartModel chartModel(const ReportInput& input) {
    ChartModel chart;
    chart.title = input.study.modelName.empty() ? input.study.name : input.study.modelName;
    if (const std::string note = trial::randomWeightsNote(input.study); !note.empty()) chart.title += ", " + note;
    AxisRange x, y;
    std::vector<base::Interval> ofTimes;
    bool higherIsBetter = true;
    std::string metric = "accuracy";
    for (std::size_t i = 0; i < input.results.size() && i < input.rows.size(); ++i) {
        const trial::TrialResult& result = input.results[i];
        const auto figure = verticalFigure(input.study, result);
        if (!figure) continue;
        ChartPoint point{result.id, result.trial.label, 0, figure->value, {}, figure->interval};
        metric = figure->title;
        higherIsBetter = figure->higherIsBetter;
        point.emulated = result.execution == trace::Execution::Emulated;
        point.onFront = input.rows[i].onFront;
        point.baseline = result.isBaseline;
        point.stale = result.stale;
        point.chosen = result.id == input.chosen;
        if (!isFinite(point.yInterval)) point.yInterval = {point.y, point.y};
        y.include(point.yInterval.low);
        y.include(point.yInterval.high);
        if (result.speed && !point.emulated) {
            point.timed = true;
            point.x = result.speed->medianMs;
            point.xInterval = isFinite(result.speed->medianInterval) ? result.speed->medianInterval : base::Interval{point.x, point.x};
            x.include(point.x);
            ofTimes.push_back(point.xInterval);
        }
        chart.points.push_back(std::move(point));
    }
    x.makeRoomFor(ofTimes);
    if (x.empty()) x = {0, 1};
    if (y.empty()) y = {0, 1};
    chart.x = makeAxis("latency of one run, ms (lower is better)", x.low, x.high, false);
    chart.y = makeAxis(metric + (higherIsBetter ? " (higher is better)" : " (lower is better: the axis points down)"), y.low, y.high,
                       !higherIsBetter);
    return chart;
}

}  // namespace trimtab::report
