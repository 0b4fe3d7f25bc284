#pragma once
// What the readings of a profile's turns come to.
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "core/trace/power.h"
#include "core/trace/trace.h"
#include "profiler/power/power_source.h"
#include "profiler/power/sampler.h"

namespace trimtab::profiler {

/// Lowest and highest values since that moment, and all throttle reasons that were seen, before it too.
trace::Clocks summary(const Samples& samples, const PowerSourceInfo& info, std::chrono::steady_clock::time_point since);

/// Whether one of the readings tells that the device was slowed down (slowsDown()).
bool wasSlowed(std::span<const Reading> readings);

/// The clock, the power and the temperature as series on a trace's clock, those readings that lie inside it. Power is the source's own, or
/// the mean between two readings of its counter. A quantity that was never read has no series. `begin`: the moment of the trace's time 0.
std::vector<trace::CounterSeries> seriesOf(std::span<const Reading> readings, const PowerSourceInfo& info,
                                           std::chrono::steady_clock::time_point begin, std::int64_t lengthNs);

}  // namespace trimtab::profiler
