#pragma once
// What a device did during the recorded runs, told by itself. What can record it comes in a module of its own (profiler/cupti), loaded
// where the engine has such a device. Types only, so that the worker needs none of the module's headers.
#include <cstddef>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "core/trace/layer_record.h"
#include "core/trace/node_scope.h"
#include "core/trace/profile.h"
#include "core/trace/trace.h"

namespace trimtab::profiler {

struct DeviceProfile {
    trace::DeviceTime time;
    trace::Trace trace;
};

/// Attached while it lives. Used by one thread, the one that runs the model; it must not outlive the engine's device.
class DeviceActivity {
public:
    virtual ~DeviceActivity() = default;

    /// For the runs between beginRun() and endRun().
    virtual trace::NodeListener& listener() = 0;

    /// Recording begins, or goes on. While it pauses (as at first) runs take as long as they do without it, but for what the attached
    /// library itself costs.
    virtual Status resume() = 0;
    virtual Status pause() = 0;

    /// A run that is not to be kept is listened to all the same. Forgets a run that never ended. REQUIRES: recording.
    virtual void beginRun(bool keep) = 0;
    /// REQUIRES: all that the run enqueued is done.
    virtual void endRun() = 0;

    /// Detaches, and fills medianNs and share of each record. Failed when no activity of the device was recorded.
    virtual Result<DeviceProfile> finish(std::vector<trace::LayerRecord>& records) = 0;
};

/// A module exports a variable of this type under this name (extern "C"). For so many runs that are to be kept; later ones are listened to
/// and forgotten. Unsupported, in one line: no library, one too old, or the driver refuses.
using OpenDeviceActivity = Result<std::unique_ptr<DeviceActivity>> (*)(std::size_t runs);
inline constexpr char kDeviceActivityEntry[] = "trimtab_device_activity";

}  // namespace trimtab::profiler
