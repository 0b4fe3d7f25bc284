#pragma once
// Energy, clock and temperature of the processor as Linux tells them: powercap's counters of the packages (RAPL), cpufreq, thermal zones.
// Their files: Documentation/power/powercap, /admin-guide/pm/cpufreq and /driver-api/thermal of the kernel.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "profiler/power/power_source.h"

namespace trimtab::profiler {

/// What the source sees of the machine; tests hand in another one.
struct SystemFiles {
    std::filesystem::path root = "/sys";
    /// A file's text. NotFound, or Refused where the system does not allow it.
    std::function<Result<std::string>(const std::filesystem::path&)> read;
    std::vector<int> processors;  // whose clock is read
    /// Up to eight processors that this process may run on.
    static SystemFiles ofThisMachine();
};

/// Always there; what the machine does not tell is missing from it with its reason. The energy is that of all packages together, without
/// memory.
std::unique_ptr<PowerSource> processorSource(SystemFiles files = SystemFiles::ofThisMachine());

}  // namespace trimtab::profiler
