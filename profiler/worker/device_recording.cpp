#include "profiler/worker/device_recording.h"

#include <cstdlib>
#include <string_view>

#include "profiler/worker/modules.h"

namespace trimtab::worker {

bool hasDeviceActivity(const std::string& engine) { return engine == "cuda"; }

Result<std::unique_ptr<profiler::DeviceActivity>> openDeviceActivity(const std::string&, std::size_t runs) {
    if (const char* wanted = std::getenv("TRIMTAB_ACTIVITY"); wanted && std::string_view(wanted) == "off")
        return fail(ErrorCode::Unsupported, "it is switched off (TRIMTAB_ACTIVITY=off)");
    TRIMTAB_TRY(void* const entry, moduleSymbol("cupti", profiler::kDeviceActivityEntry));
    return (*static_cast<const profiler::OpenDeviceActivity*>(entry))(runs);
}

Result<std::unique_ptr<profiler::DeviceCounters>> openDeviceCounters(const std::string&, std::size_t layers) {
    TRIMTAB_TRY(void* const entry, moduleSymbol("cupti", profiler::kDeviceCountersEntry));
    return (*static_cast<const profiler::OpenDeviceCounters*>(entry))(layers);
}

}  // namespace trimtab::worker
