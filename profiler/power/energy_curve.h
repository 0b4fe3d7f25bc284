#pragma once
// Energy against time, from readings: between two of them it grows evenly.
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "profiler/power/power_source.h"

namespace trimtab::profiler {

class EnergyCurve {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// From the counter where readings have one, else the integral of power over time (trapezoids). A counter stands still between its
    /// updates, so of its readings those count at which it had moved, and the last one. Readings without a value are left out.
    explicit EnergyCurve(std::span<const Reading> readings);

    bool isCounter() const { return m_counter; }
    /// Joules between two moments; nullopt where the readings do not reach around both. REQUIRES: begin <= end.
    std::optional<double> between(Time begin, Time end) const;

private:
    struct Point {
        Time time;
        double joules = 0;
    };
    std::optional<double> at(Time time) const;

    bool m_counter = false;
    std::vector<Point> m_points;
};

}  // namespace trimtab::profiler
