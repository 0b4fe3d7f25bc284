#pragma once
// A profile's hold on CUPTI, from attaching to the last record.
#include <cstddef>
#include <memory>

#include "profiler/cupti/activity_listener.h"
#include "profiler/cupti/record_buffers.h"
#include "profiler/host/device_activity.h"

namespace trimtab::cupti {

/// Attached when it is returned. Unsupported, in one line. `library` must outlive it.
Result<std::unique_ptr<profiler::DeviceActivity>> openSession(const Library& library, std::size_t runs);

}  // namespace trimtab::cupti
