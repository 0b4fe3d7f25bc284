#include "profiler/power/nvml_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace trimtab::profiler::nvml {
namespace {

template <class F>
void resolve(void* library, F& function, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        function = reinterpret_cast<F>(::dlsym(library, name));
        if (function) return;
    }
}

}  // namespace

std::string Library::answer(int result) const {
    const char* words = errorString ? errorString(result) : nullptr;
    const char* advice = result == kNoPermission ? "; the driver keeps it to the administrator, or a container does" : "";
    return fmt::format("NVML answers {} ({}){}", words ? words : "an error", result, advice);
}

Result<Library> open(const std::string& library) {
    void* const handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return fail(ErrorCode::Unsupported,
                    library + " was not found; it comes with NVIDIA's driver (in a container: with the capability \"utility\")");
    Library found;
    resolve(handle, found.init, {"nvmlInit_v2"});
    resolve(handle, found.shutdown, {"nvmlShutdown"});
    resolve(handle, found.errorString, {"nvmlErrorString"});
    resolve(handle, found.handleByPciBusId, {"nvmlDeviceGetHandleByPciBusId_v2"});
    if (!found.init || !found.shutdown || !found.errorString || !found.handleByPciBusId)
        return fail(ErrorCode::Unsupported, library + " is no NVML: it lacks nvmlInit_v2 and its like");
    resolve(handle, found.powerUsage, {"nvmlDeviceGetPowerUsage"});
    resolve(handle, found.totalEnergy, {"nvmlDeviceGetTotalEnergyConsumption"});
    resolve(handle, found.clockInfo, {"nvmlDeviceGetClockInfo"});
    resolve(handle, found.temperature, {"nvmlDeviceGetTemperature"});
    // The same function under its name of today and its older one.
    resolve(handle, found.clocksEventReasons, {"nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"});
    return found;
}

}  // namespace trimtab::profiler::nvml
