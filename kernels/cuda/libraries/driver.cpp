#include "kernels/cuda/libraries/driver.h"

#include <array>

#include <dlfcn.h>
#include <fmt/format.h>

namespace trimtab::cuda {
namespace {

/// The four functions of the driver API that are asked here, by their signatures in its reference manual (CUresult is an int, 0 success).
struct DriverFunctions {
    int (*init)(unsigned flags) = nullptr;
    int (*driverGetVersion)(int* version) = nullptr;
    int (*deviceGetCount)(int* count) = nullptr;
    int (*getErrorName)(int error, const char** name) = nullptr;
};

template <class F>
bool resolve(void* library, const char* name, F& function) {
    function = reinterpret_cast<F>(::dlsym(library, name));
    return function != nullptr;
}

std::string errorText(const DriverFunctions& driver, int code) {
    const char* name = nullptr;
    if (driver.getErrorName(code, &name) != 0 || !name) return fmt::format("code {}", code);
    return fmt::format("code {}, {}", code, name);
}

Result<DriverFunctions> open(const std::string& library) {
    void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return fail(ErrorCode::Unsupported, fmt::format("no NVIDIA driver is here: {} was not found; install driver {} or newer", library,
                                                        kNeededDriverBranch));
    DriverFunctions driver;
    if (!resolve(handle, "cuInit", driver.init) || !resolve(handle, "cuDriverGetVersion", driver.driverGetVersion) ||
        !resolve(handle, "cuDeviceGetCount", driver.deviceGetCount) || !resolve(handle, "cuGetErrorName", driver.getErrorName))
        return fail(ErrorCode::Unsupported, library + " is no NVIDIA driver: it lacks cuInit and its like");
    return driver;
}

}  // namespace

std::string cudaVersionText(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

Result<Driver> checkDriver(const std::string& library) {
    TRIMTAB_TRY(const DriverFunctions driver, open(library));
    Driver found;
    if (const int code = driver.driverGetVersion(&found.cuda); code != 0)
        return fail(ErrorCode::Unsupported, fmt::format("the NVIDIA driver does not tell its version ({})", errorText(driver, code)));
    if (found.cuda < kNeededCuda)
        return fail(ErrorCode::Unsupported, fmt::format("the NVIDIA driver is too old: it speaks CUDA {}, and CUDA {} is needed; "
                                                        "install driver {} or newer",
                                                        cudaVersionText(found.cuda), cudaVersionText(kNeededCuda), kNeededDriverBranch));
    if (const int code = driver.init(0); code != 0)
        return fail(ErrorCode::Unsupported, fmt::format("the NVIDIA driver does not start: cuInit gives {}", errorText(driver, code)));
    if (const int code = driver.deviceGetCount(&found.devices); code != 0 || found.devices < 1)
        return fail(ErrorCode::Unsupported, "the NVIDIA driver shows no GPU to this process (is CUDA_VISIBLE_DEVICES set?)");
    return found;
}

Result<std::string> pciBusId(int ordinal, const std::string& library) {
    TRIMTAB_TRY(const DriverFunctions driver, open(library));
    void* const handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    int (*deviceGet)(int* device, int ordinal) = nullptr;
    int (*deviceGetPciBusId)(char* id, int length, int device) = nullptr;
    if (!handle || !resolve(handle, "cuDeviceGet", deviceGet) || !resolve(handle, "cuDeviceGetPCIBusId", deviceGetPciBusId))
        return fail(ErrorCode::Unsupported, library + " does not tell where a device is");
    int device = 0;
    std::array<char, 32> id{};  // "0000:65:00.0" and room
    int code = driver.init(0);
    if (code == 0) code = deviceGet(&device, ordinal);
    if (code == 0) code = deviceGetPciBusId(id.data(), static_cast<int>(id.size()), device);
    if (code != 0)
        return fail(ErrorCode::Unsupported,
                    fmt::format("the NVIDIA driver does not tell where device {} is ({})", ordinal, errorText(driver, code)));
    return std::string(id.data());
}

}  // namespace trimtab::cuda
