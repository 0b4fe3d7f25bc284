#pragma once
// The functions of NVML that are asked here, by their signatures in its reference manual (NVML API Reference Guide): the driver's library
// libnvidia-ml is found at run time, and none of its headers is needed.
#include <string>

#include "core/base/result.h"

namespace trimtab::profiler::nvml {

using Device = void*;  // nvmlDevice_t: a pointer to what is not told

inline constexpr int kSuccess = 0, kNotSupported = 3, kNoPermission = 4;   // of nvmlReturn_t
inline constexpr int kSmClock = 1, kMemoryClock = 2;                       // of nvmlClockType_t
inline constexpr int kGpuSensor = 0;                                       // of nvmlTemperatureSensors_t

/// Those that a driver lacks are null.
struct Library {
    int (*init)() = nullptr;
    int (*shutdown)() = nullptr;
    const char* (*errorString)(int result) = nullptr;
    int (*handleByPciBusId)(const char* id, Device* device) = nullptr;
    int (*powerUsage)(Device device, unsigned* milliwatts) = nullptr;
    int (*totalEnergy)(Device device, unsigned long long* millijoules) = nullptr;  // since the driver was loaded
    int (*clockInfo)(Device device, int clock, unsigned* megahertz) = nullptr;
    int (*temperature)(Device device, int sensor, unsigned* celsius) = nullptr;
    int (*clocksEventReasons)(Device device, unsigned long long* bits) = nullptr;

    /// "NVML answers Not Supported (3)", with what to do where that is known.
    std::string answer(int result) const;
};

/// Kept loaded. Unsupported, in one line: not found, or without one of init, shutdown, errorString and handleByPciBusId.
Result<Library> open(const std::string& library = "libnvidia-ml.so.1");

}  // namespace trimtab::profiler::nvml
