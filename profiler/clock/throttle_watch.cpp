#include "profiler/clock/throttle_watch.h"

#include <fstream>

#include "core/base/statistics.h"

namespace trimtab::profiler {
namespace {
constexpr std::size_t kFewest = 12;
constexpr double kDrift = 1.25;
}  // namespace

std::optional<std::int64_t> throttleCount(const std::filesystem::path& root) {
    std::optional<std::int64_t> sum;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(root, error), end; !error && entry != end; entry.increment(error)) {
        for (const char* counter : {"core_throttle_count", "package_throttle_count"}) {
            std::ifstream file(entry->path() / "thermal_throttle" / counter);
            std::int64_t count = 0;
            if (file >> count) sum = sum.value_or(0) + count;
        }
    }
    return sum;
}

bool drifted(std::span<const double> timings) {
    if (timings.size() < kFewest) return false;
    const std::size_t third = timings.size() / 3;
    return base::median(timings.last(third)) > kDrift * base::median(timings.first(third));
}

ThrottleWatch::ThrottleWatch(std::filesystem::path root) : m_root(std::move(root)), m_before(throttleCount(m_root)) {}

bool ThrottleWatch::throttled(std::span<const double> referenceTimings) const {
    const auto now = throttleCount(m_root);
    return (now && m_before && *now > *m_before) || drifted(referenceTimings);
}

}  // namespace trimtab::profiler
