#pragma once
// Tells whether the processor was slowed down while something was timed: from the kernel's counters where they can be read, else from the
// drift of the timings themselves. It marks; it drops nothing.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace trimtab::profiler {

/// Sum of the thermal throttle counts of all processors under `root` (/sys/devices/system/cpu); nullopt where none can be read.
std::optional<std::int64_t> throttleCount(const std::filesystem::path& root);

/// True when the median of the last third of the timings lies more than a quarter above the median of the first third. False for fewer than
/// 12 timings. Timings stand in the order taken.
bool drifted(std::span<const double> timings);

class ThrottleWatch {
public:
    /// Reads the counters now.
    explicit ThrottleWatch(std::filesystem::path root = "/sys/devices/system/cpu");
    /// Whether a counter has risen since, or the reference timings drifted.
    bool throttled(std::span<const double> referenceTimings) const;

private:
    std::filesystem::path m_root;
    std::optional<std::int64_t> m_before;
};

}  // namespace trimtab::profiler
