#include "profiler/power/clock_summary.h"

#include <algorithm>

namespace trimtab::profiler {
namespace {

void widen(std::optional<trace::Extent>& extent, const std::optional<double>& value) {
    if (!value) return;
    if (!extent) extent = trace::Extent{*value, *value};
    extent->low = std::min(extent->low, *value);
    extent->high = std::max(extent->high, *value);
}

/// In watts; the source's own where it has one.
std::optional<double> powerOf(const Reading* before, const Reading& reading) {
    if (reading.watts || !before || !before->joules || !reading.joules) return reading.watts;
    const double seconds = std::chrono::duration<double>(reading.time - before->time).count();
    if (seconds <= 0) return std::nullopt;
    return (*reading.joules - *before->joules) / seconds;
}

void add(trace::CounterSeries& series, std::int64_t timeNs, const std::optional<double>& value) {
    if (value) series.samples.push_back({timeNs, *value});
}

}  // namespace

trace::Clocks summary(const Samples& samples, const PowerSourceInfo& info, std::chrono::steady_clock::time_point since) {
    trace::Clocks clocks;
    clocks.source = info.name;
    clocks.readings = std::ssize(samples.readings);
    clocks.periodMs = samples.periodMs;
    clocks.readingShare = samples.readingShare;
    std::uint32_t reasons = 0;
    for (const Reading& reading : samples.readings) {
        if (reading.reasons) clocks.tellsReasons = true;
        reasons |= reading.reasons.value_or(0);
        if (reading.time < since) continue;
        widen(clocks.coreMHz, reading.coreMHz);
        widen(clocks.memoryMHz, reading.memoryMHz);
        widen(clocks.celsius, reading.celsius);
    }
    clocks.reasons = words(reasons);
    for (const char* quantity : {"core clock", "memory clock", "temperature", "throttle reasons"})
        if (const auto why = info.missing.find(quantity); why != info.missing.end()) clocks.unavailable.insert(*why);
    return clocks;
}

bool wasSlowed(std::span<const Reading> readings) {
    return std::ranges::any_of(readings, [](const Reading& reading) { return slowsDown(reading.reasons.value_or(0)); });
}

std::vector<trace::CounterSeries> seriesOf(std::span<const Reading> readings, const PowerSourceInfo& info,
                                           std::chrono::steady_clock::time_point begin, std::int64_t lengthNs) {
    std::vector<trace::CounterSeries> series{{info.coreClock, "MHz", {}}, {"power", "W", {}}, {"temperature", "°C", {}}};
    const Reading* before = nullptr;
    for (const Reading& reading : readings) {
        const std::int64_t time = std::chrono::duration_cast<std::chrono::nanoseconds>(reading.time - begin).count();
        if (time >= 0 && time <= lengthNs) {
            add(series[0], time, reading.coreMHz);
            add(series[1], time, powerOf(before, reading));
            add(series[2], time, reading.celsius);
        }
        before = &reading;
    }
    std::erase_if(series, [](const trace::CounterSeries& one) { return one.samples.empty(); });
    return series;
}

}  // namespace trimtab::profiler
