#pragma once
// What a device counted while each layer ran, over runs that are repeated until every counter was read: a device reads but a few at once.
// What can ask for it comes in a module of its own (profiler/cupti). Types only, so that the worker needs none of the module's headers.
#include <cstddef>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "core/trace/node_scope.h"
#include "core/trace/profile.h"

namespace trimtab::profiler {

/// Used by one thread, the one that runs the model; it must not outlive the engine's device.
class DeviceCounters {
public:
    virtual ~DeviceCounters() = default;

    /// For the runs between beginPass() and endPass(). It waits for the device behind each layer: such a run's time says nothing.
    virtual trace::NodeListener& listener() = 0;
    virtual Status beginPass() = 0;
    /// Whether all was read; else the same run is wanted once more. REQUIRES: all that the run enqueued is done.
    virtual Result<bool> endPass() = 0;
    /// One entry for each layer; empty where the layer did not run. REQUIRES: endPass() said that all was read.
    virtual Result<std::vector<trace::LayerCounters>> finish() = 0;
};

/// A module exports a variable of this type under this name (extern "C"). For a plan of so many layers on the device whose context is
/// current. Unsupported, in one line: no library, one too old, or the driver keeps counters to the administrator (naming its setting).
using OpenDeviceCounters = Result<std::unique_ptr<DeviceCounters>> (*)(std::size_t layers);
inline constexpr char kDeviceCountersEntry[] = "trimtab_device_counters";

}  // namespace trimtab::profiler
