#pragma once
// What the Pareto chart shows, before anything is drawn: points with their marks, two axes with ticks. Better is always up and to the left:
// an axis whose metric is better when lower is drawn upside down. Rows without a real speed (emulated) stand in a margin of their own.
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/report/report.h"

namespace trimtab::report {

struct ChartAxis {
    std::string title;
    double low = 0;
    double high = 1;
    bool logarithmic = false;
    bool reversed = false;  // low stands where high would
    struct Tick {
        double value;
        std::string label;
    };
    std::vector<Tick> ticks;

    /// 0 at `low`, 1 at `high`; exchanged when reversed.
    double position(double value) const;
};

struct ChartPoint {
    std::int64_t trial = 0;
    std::string label;
    double x = 0;            // latency in ms; unused when not timed
    double y = 0;
    base::Interval xInterval;
    base::Interval yInterval;
    bool timed = false;      // false: stands in the margin
    bool emulated = false;
    bool onFront = false;
    bool baseline = false;
    bool stale = false;      // drawn faded
    bool chosen = false;
};

struct ChartModel {
    std::string title;
    ChartAxis x;
    ChartAxis y;
    std::vector<ChartPoint> points;
};

ChartModel chartModel(const ReportInput& input);

/// What the vertical axis shows of a result: its score, or, in a study of random weights, where nothing is scored, their size.
struct VerticalFigure {
    std::string metric;  // "size" of weights
    std::string title;   // "perplexity (window 256, stride 256)", "weights, MB"
    bool higherIsBetter = true;
    double value = 0;
    base::Interval interval;
};
/// Nothing where there is no such figure, or it is no number.
std::optional<VerticalFigure> verticalFigure(const trial::Study& study, const trial::TrialResult& result);

/// What an axis must show; figures that are no numbers are passed over.
struct AxisRange {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    bool empty() const { return low > high; }
    void include(double value);
    /// Room for the intervals of the points that are in it, but for no more than a third of the points' own spread (at least a twentieth of
    /// the highest), and never below half of the lowest: one disturbed measurement must not press all the others together.
    void makeRoomFor(std::span<const base::Interval> intervals);
};

/// An axis over [low, high] and a margin, with round ticks, none negative where low is not; logarithmic when the values span more than a factor of 20 (and are all positive).
ChartAxis makeAxis(std::string title, double low, double high, bool reversed);

}  // namespace trimtab::report
