#pragma once
// The runs of a profile: recorded ones and others take turns, so that the recording's cost is told with it.
#include <string>

#include "core/trace/profile.h"
#include "profiler/power/power_source.h"
#include "profiler/worker/call.h"
#include "profiler/worker/timed_run.h"

namespace trimtab::worker {

/// Fills the profile's runs, layers' times, overhead and trace. On an engine with a device the device's own activity is recorded where that
/// can be had, else the layers are timed and `noActivity` says why. Progress goes from 0 to 1. REQUIRES: the run was made ready, its plans
/// are made, and `profile.layers` are theirs. `power` is read beside the runs, for the profile's clocks and the trace's series; may be null.
Status recordRuns(TimedRun& run, const std::string& engine, double seconds, const Call& call, trace::Profile& profile,
                  profiler::PowerSource* power = nullptr);

}  // namespace trimtab::worker
