#pragma once
// Counters of each layer by CUPTI's range profiler: a range for each outermost scope of a layer, the same run again for each pass.
#include <memory>

#include "profiler/cupti/counter_library.h"
#include "profiler/host/device_counters.h"

namespace trimtab::cupti {

/// On the device whose context is current on this thread. Unsupported, in one line: no driver, no such chip, or the driver refuses.
/// `library` must outlive it.
Result<std::unique_ptr<profiler::DeviceCounters>> openCounters(const CounterLibrary& library, std::size_t layers);

}  // namespace trimtab::cupti
