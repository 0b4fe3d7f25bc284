#pragma once
// What a profiled run was: how long a whole run takes with and without the recording, each layer's part of it, and the trace itself.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/statistics.h"
#include "core/trace/ceilings.h"
#include "core/trace/layer_counters.h"
#include "core/trace/layer_record.h"
#include "core/trace/power.h"
#include "core/trace/trace.h"

namespace trimtab::trace {

/// A counter of the processor or the device over the recorded runs. A value that could not be read says why, and is no zero.
struct CounterTotal {
    std::string name;         // "instructions", "cache misses"
    double perRun = 0;        // meaningless where `unavailable` says something
    std::string unavailable;  // why there is no value
};

/// Where a device's own time went, in the mean of the recorded runs: the three add up to deviceNs().
struct DeviceTime {
    double layersNs = 0;     // kernels, copies and memsets of some layer
    double transfersNs = 0;  // inputs on their way to the device, outputs on their way back
    double restNs = 0;       // of nothing that is known

    double deviceNs() const { return layersNs + transfersNs + restNs; }
    /// Share of what the device did for the plan (transfers are no part of it) that stands at some layer, 0…1.
    double attributed() const;
};

struct Profile {
    std::vector<LayerRecord> layers;  // medianNs and share, over the recorded runs
    std::int64_t runs = 0;            // that were recorded
    double runNs = 0;                 // median wall time of a recorded run
    double attributed = 0;            // share of the recorded runs' time that some layer took; the rest lies between them
    double planning = 0;              // share of it that went into plans, because inputs had shapes of no plan that was kept
    base::Estimate overhead;          // wall time of recorded runs over that of others, taken in turns: 1.01 is one percent
    int threads = 0;                  // of the host's team; 0: it was not watched
    std::vector<double> atWork;       // of each layer, the mean number at work while it ran; negative: not known. Empty: not watched
    std::int64_t lostTeamSpans = 0;   // of threads: the trace has but the first of each; `atWork` is of all
    bool deviceTime = false;          // the layers' times are the device's own, and do not add up to wall time
    std::optional<DeviceTime> device; // where the device's activity was recorded
    std::string noActivity;           // why it was not, though the engine has such a device
    bool throttled = false;           // by the system's counters, the drift of the timings, or what the device tells
    std::optional<Energy> energy;
    std::string noEnergy;  // why it was not measured
    std::optional<Clocks> clocks;
    std::string noClocks;  // why nothing of them could be read
    std::vector<CounterTotal> counters;
    std::vector<LayerCounters> layerCounters;  // one for each layer; empty: the device's were not read
    std::string noLayerCounters;               // why not, though they were asked for
    Ceilings ceilings;
    std::string noCeilings;  // why they are not known
    Trace trace;

    /// Of a run's time; 0 where the layer was not timed.
    double shareOf(const LayerRecord& layer) const;
    /// Threads at work while the layer at that place ran; nullopt where that is not known, or there is but one.
    std::optional<double> threadsAtWork(std::size_t layer) const;
};

/// {"name", "per_run"}, or {"name", "unavailable"}.
Json toJson(const CounterTotal& counter);
/// {"ns", "attributed", "layers_ns", "transfers_ns", "rest_ns"}.
Json toJson(const DeviceTime& time);
/// All but the trace, which packed() writes.
Json toJson(const Profile& profile);
Result<Profile> profileFromJson(const Json& json);

}  // namespace trimtab::trace
