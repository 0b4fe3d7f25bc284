#pragma once
// Where what the device of an engine does can be recorded.
#include <memory>
#include <string>

#include "profiler/host/device_activity.h"
#include "profiler/host/device_counters.h"

namespace trimtab::worker {

/// Whether an engine's work runs on a device whose activity a module may record.
bool hasDeviceActivity(const std::string& engine);

/// For so many kept runs; attached when it is returned. Unsupported, saying in one line what is missing. REQUIRES:
/// hasDeviceActivity(engine).
Result<std::unique_ptr<profiler::DeviceActivity>> openDeviceActivity(const std::string& engine, std::size_t runs);

/// For a plan of so many layers. Unsupported as above. REQUIRES: hasDeviceActivity(engine), and the plan has run on this thread.
Result<std::unique_ptr<profiler::DeviceCounters>> openDeviceCounters(const std::string& engine, std::size_t layers);

}  // namespace trimtab::worker
