// A driver library for tests: answers as the environment says.
#include <cstdio>
#include <cstdlib>

namespace {

int number(const char* variable, int otherwise) {
    const char* text = std::getenv(variable);
    return text ? std::atoi(text) : otherwise;
}

}  // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

EXPORTED int cuInit(unsigned) { return number("FAKE_DRIVER_INIT", 0); }
EXPORTED int cuDriverGetVersion(int* version) {
    *version = number("FAKE_DRIVER_CUDA", 13000);
    return 0;
}
EXPORTED int cuDeviceGetCount(int* count) {
    *count = number("FAKE_DRIVER_DEVICES", 1);
    return 0;
}
EXPORTED int cuDeviceGet(int* device, int ordinal) {
    *device = 7 + ordinal;  // no device is its ordinal
    return ordinal < number("FAKE_DRIVER_DEVICES", 1) ? 0 : 101;
}
EXPORTED int cuDeviceGetPCIBusId(char* id, int length, int device) {
    std::snprintf(id, static_cast<std::size_t>(length), "0000:%02x:00.0", device);
    return 0;
}
EXPORTED int cuGetErrorName(int error, const char** name) {
    if (error != 999) return 1;
    *name = "CUDA_ERROR_UNKNOWN";
    return 0;
}
