#pragma once
// What a run draws and at which clocks: the source that an engine's device has, and its readings beside a profile's turns.
#include <memory>
#include <optional>
#include <string>

#include "core/trace/profile.h"
#include "profiler/host/timeline.h"
#include "profiler/power/power_source.h"
#include "profiler/power/sampler.h"
#include "profiler/worker/call.h"
#include "profiler/worker/timed_run.h"

namespace trimtab::worker {

/// NVML for a device "cuda:1", "tensorrt" or the engine's own where that is a GPU, else the processor. Unsupported, in one line: no driver,
/// no NVML, or it knows no such GPU.
Result<std::unique_ptr<profiler::PowerSource>> openPowerSource(const std::string& engine, const std::string& device);

/// Reads while it lives, in a thread of its own: recorded runs and the others that take turns with them meet it alike, so it is no part of
/// what the recording is said to cost. Without a source, or where that tells nothing of clocks and energy, nothing is read.
class PowerRecording {
public:
    explicit PowerRecording(profiler::PowerSource* source);

    /// When the turns are over: what comes behind them is no part of it.
    void stop();
    /// Fills the profile's clocks (from the first kept run on) and adds its series to the trace, whose time 0 is when `wall`'s first kept
    /// run began; marks the profile as throttled where the device tells so. REQUIRES: stop(), and the profile's trace and `throttled`.
    void finish(const profiler::Timeline& wall, trace::Profile& profile) const;

private:
    profiler::PowerSource* m_source;
    std::optional<profiler::Sampler> m_sampler;
    profiler::Samples m_samples;
};

/// Fills the energy, or why there is none; only Cancelled is an error. REQUIRES: the run's plans are made.
Status recordEnergy(TimedRun& run, profiler::PowerSource& source, const Call& call, std::optional<trace::Energy>& energy,
                    std::string& noEnergy);

}  // namespace trimtab::worker
