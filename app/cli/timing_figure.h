#pragma once
// A time as commands tell it: {"median", "p95", "n", "ci"}, with null for what so few timings do not give.
#include <cstddef>
#include <optional>
#include <span>

#include "core/base/json.h"
#include "core/base/statistics.h"

namespace trimtab::cli {

struct TimingFigure {
    double median = 0;
    std::optional<base::Interval> interval;
    std::optional<double> p95;
    std::size_t n = 0;  // timings behind the median and p95
};

/// `byBlock`: what the interval is one of, where timings of a block hang together; else the timings themselves.
TimingFigure figureOf(std::span<const double> timings, std::span<const double> byBlock);
inline TimingFigure figureOf(std::span<const double> timings) { return figureOf(timings, timings); }

Json toJson(const TimingFigure& figure);

/// 0 where no time passed.
inline double perSecond(double count, double milliseconds) { return milliseconds > 0 ? 1000 * count / milliseconds : 0; }

}  // namespace trimtab::cli
