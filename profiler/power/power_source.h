#pragma once
// What a device tells about its power, clocks and temperature. A quantity that it does not tell has a reason, and no zero.
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trimtab::profiler {

/// Why a device runs below the clocks it could have. Bits, so that a reading takes no memory of its own.
enum ThrottleReason : std::uint32_t {
    kIdle = 1U << 0,
    kClockSetting = 1U << 1,  // a user's, or the application's
    kPowerCap = 1U << 2,
    kHardwareSlowdown = 1U << 3,
    kSyncBoost = 1U << 4,
    kThermalSlowdown = 1U << 5,
    kHardwareThermalSlowdown = 1U << 6,
    kPowerBrake = 1U << 7,
    kDisplayClock = 1U << 8,
    kOtherReason = 1U << 9,  // one that is not known here
};

/// "idle", "power cap", …, in the order above.
std::vector<std::string> words(std::uint32_t reasons);
/// Whether a reason is among them that slows a run down and that nobody asked for: any but kIdle and kClockSetting.
bool slowsDown(std::uint32_t reasons);

/// At one moment. What could not be read is left out.
struct Reading {
    std::chrono::steady_clock::time_point time;
    std::optional<double> watts;
    std::optional<double> joules;  // of a counter that only grows; its origin is arbitrary
    std::optional<double> coreMHz, memoryMHz, celsius;
    std::optional<std::uint32_t> reasons;
};

struct PowerSourceInfo {
    std::string name;       // "NVML"
    std::string covers;     // "the GPU's whole board"
    std::string coreClock;  // "SM clock"
    /// How far back `watts` may reach: a sensor's mean. 0: not known to reach back.
    double averagedSeconds = 0;
    /// Quantity → why this source does not tell it: "power", "energy counter", "core clock", "memory clock", "temperature", "throttle
    /// reasons".
    std::map<std::string, std::string> missing;

    bool tells(const std::string& quantity) const { return !missing.contains(quantity); }
    bool tellsEnergy() const { return tells("energy counter") || tells("power"); }
    bool tellsClocks() const { return tells("core clock") || tells("memory clock") || tells("temperature") || tells("throttle reasons"); }
    /// Of those quantities, "power: …; energy counter: …"; equal reasons stand once.
    std::string reasons(std::initializer_list<const char*> quantities) const;
};

/// Used by one thread at a time, which need not be the one that made it.
class PowerSource {
public:
    virtual ~PowerSource() = default;
    /// Constant while it lives.
    virtual const PowerSourceInfo& info() const = 0;
    /// Takes microseconds to a few milliseconds.
    virtual Reading read() = 0;
};

}  // namespace trimtab::profiler
