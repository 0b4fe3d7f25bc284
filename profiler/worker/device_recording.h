#pragma once
// Where what the device of an engine does can be recorded.
#include <memory>
#include <string>

#include "profiler/host/device_activity.h"

namespace trimtab::worker {

/// Whether an engine's work runs on a device whose activity a module may record.
bool hasDeviceActivity(const std::string& engine);

/// For so many kept runs; attached when it is returned. Unsupported, saying in one line what is missing. REQUIRES:
/// hasDeviceActivity(engine).
Result<std::unique_ptr<profiler::DeviceActivity>> openDeviceActivity(const std::string& engine, std::size_t runs);

}  // namespace trimtab::worker
