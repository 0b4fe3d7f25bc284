#include "profiler/power/energy_curve.h"

#include <algorithm>
#include <cassert>

namespace trimtab::profiler {
namespace {
double secondsBetween(EnergyCurve::Time begin, EnergyCurve::Time end) { return std::chrono::duration<double>(end - begin).count(); }
}  // namespace

EnergyCurve::EnergyCurve(std::span<const Reading> readings)
    : m_counter(std::ranges::any_of(readings, [](const Reading& reading) { return reading.joules.has_value(); })) {
    const Reading* before = nullptr;
    for (const Reading& reading : readings) {
        if (m_counter ? !reading.joules : !reading.watts) continue;
        if (!m_counter) {
            const double last = m_points.empty() ? 0 : m_points.back().joules;
            const double grown = before ? (*before->watts + *reading.watts) / 2 * secondsBetween(before->time, reading.time) : 0;
            m_points.push_back({reading.time, last + grown});
        } else if (before && *reading.joules > *before->joules) {
            m_points.push_back({reading.time, *reading.joules});
        }
        before = &reading;
    }
    const bool stoodStill = m_counter && !m_points.empty() && m_points.back().time < before->time;
    if (stoodStill) m_points.push_back({before->time, *before->joules});
}

std::optional<double> EnergyCurve::at(Time time) const {
    const auto behind = std::ranges::lower_bound(m_points, time, {}, &Point::time);
    if (behind == m_points.end()) return std::nullopt;
    if (behind->time == time) return behind->joules;
    if (behind == m_points.begin()) return std::nullopt;
    const Point& before = *std::prev(behind);
    const double share = secondsBetween(before.time, time) / secondsBetween(before.time, behind->time);
    return before.joules + share * (behind->joules - before.joules);
}

std::optional<double> EnergyCurve::between(Time begin, Time end) const {
    assert(begin <= end);
    const auto first = at(begin), last = at(end);
    if (!first || !last) return std::nullopt;
    return *last - *first;
}

}  // namespace trimtab::profiler
