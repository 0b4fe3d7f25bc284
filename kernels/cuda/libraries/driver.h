#pragma once
// Whether an NVIDIA driver is here, and new enough. Resolved at run time: nothing links libcuda.
#include <string>

#include "core/base/result.h"

namespace trimtab::cuda {

/// The oldest driver that runs what CUDA 13 builds.
inline constexpr int kNeededCuda = 13000;           // as cuDriverGetVersion() numbers it: 1000 major + 10 minor
inline constexpr int kNeededDriverBranch = 580;     // CUDA 13.0 release notes, table "CUDA Toolkit and Corresponding Driver Versions"

struct Driver {
    int cuda = 0;     // the newest CUDA it speaks: 13000
    int devices = 0;  // ≥ 1
};

/// "13.0" of 13000.
std::string cudaVersionText(int version);

/// Loads the driver's library (kept loaded) and initialises it. Unsupported, in one line with what to do: no driver, one too old, one that
/// does not start (with its code), no device.
Result<Driver> checkDriver(const std::string& library = "libcuda.so.1");

/// Of the device that this process knows by that number (CUDA_VISIBLE_DEVICES and its like have their say): "0000:65:00.0". Unsupported
/// where the driver cannot tell. Initialises the driver.
Result<std::string> pciBusId(int ordinal, const std::string& library = "libcuda.so.1");

}  // namespace trimtab::cuda
