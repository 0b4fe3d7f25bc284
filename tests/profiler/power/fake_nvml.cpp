// A library for tests that answers as the documentation of NVML says. That of an older driver lacks the energy counter, and has the older
// name of the throttle reasons.
#include "tests/profiler/power/fake_nvml.h"

#include <cstring>

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED trimtab::profiler::test::FakeNvml fake_nvml_state;
trimtab::profiler::test::FakeNvml fake_nvml_state;

namespace {

trimtab::profiler::test::FakeNvml& fake() { return fake_nvml_state; }

template <class T>
int give(int result, T value, T* out) {
    if (result == 0) *out = value;
    return result;
}

}  // namespace

EXPORTED int nvmlInit_v2() {
    if (fake().onInit == 0) ++fake().started;
    return fake().onInit;
}
EXPORTED int nvmlShutdown() {
    ++fake().stopped;
    return 0;
}
EXPORTED const char* nvmlErrorString(int result) {
    return result == 3 ? "Not Supported" : result == 4 ? "Insufficient Permissions" : result == 9 ? "Driver Not Loaded" : "Unknown Error";
}
EXPORTED int nvmlDeviceGetHandleByPciBusId_v2(const char* id, void** device) {
    std::strncpy(fake().busId, id, sizeof(fake().busId) - 1);
    return give<void*>(fake().onHandle, &fake(), device);
}
EXPORTED int nvmlDeviceGetPowerUsage(void*, unsigned* milliwatts) { return give(fake().onPower, fake().milliwatts, milliwatts); }
EXPORTED int nvmlDeviceGetClockInfo(void*, int clock, unsigned* megahertz) {
    if (clock == 1) return give(fake().onSmClock, fake().smMHz, megahertz);
    if (clock == 2) return give(fake().onMemoryClock, fake().memoryMHz, megahertz);
    return 2;
}
EXPORTED int nvmlDeviceGetTemperature(void*, int sensor, unsigned* celsius) {
    return sensor == 0 ? give(fake().onTemperature, fake().celsius, celsius) : 2;
}
#ifdef FAKE_OLD_DRIVER
EXPORTED int nvmlDeviceGetCurrentClocksThrottleReasons(void*, unsigned long long* bits) {
    return give(fake().onReasons, fake().reasons, bits);
}
#else
EXPORTED int nvmlDeviceGetCurrentClocksEventReasons(void*, unsigned long long* bits) {
    return give(fake().onReasons, fake().reasons, bits);
}
EXPORTED int nvmlDeviceGetTotalEnergyConsumption(void*, unsigned long long* millijoules) {
    return give(fake().onEnergy, fake().millijoules, millijoules);
}
#endif
