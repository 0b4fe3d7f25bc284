// What libtrimtab-cupti.so exports. It brings no engine.
#include "core/runtime/module.h"
#include "profiler/cupti/counter_session.h"
#include "profiler/cupti/session.h"

extern "C" __attribute__((visibility("default"))) const trimtab::runtime::Module* trimtab_module() {
    static const trimtab::runtime::Module module = trimtab::runtime::describeModule(nullptr);
    return &module;
}

namespace {

trimtab::Result<std::unique_ptr<trimtab::profiler::DeviceActivity>> open(std::size_t runs) {
    TRIMTAB_TRY(const trimtab::cupti::Library* library, trimtab::cupti::openLibrary());
    return trimtab::cupti::openSession(*library, runs);
}

trimtab::Result<std::unique_ptr<trimtab::profiler::DeviceCounters>> count(std::size_t layers) {
    TRIMTAB_TRY(const trimtab::cupti::CounterLibrary* library, trimtab::cupti::openCounterLibrary());
    return trimtab::cupti::openCounters(*library, layers);
}

}  // namespace

/// Variables, because a function of C cannot return a Result.
extern "C" __attribute__((visibility("default"))) const trimtab::profiler::OpenDeviceActivity trimtab_device_activity = &open;
extern "C" __attribute__((visibility("default"))) const trimtab::profiler::OpenDeviceCounters trimtab_device_counters = &count;
