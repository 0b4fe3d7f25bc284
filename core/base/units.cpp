#include "core/base/units.h"

#include <array>
#include <cmath>
#include <ctime>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace trimtab::base {
namespace {

std::string scaled(double value, std::span<const std::string_view> units) {
    std::size_t unit = 0;
    while (std::abs(value) >= 999.5 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    const bool whole = unit == 0 && value == std::floor(value);
    const int digits = whole || std::abs(value) >= 99.95 ? 0 : std::abs(value) >= 9.995 ? 1 : 2;
    return units[unit].empty() ? fmt::format("{:.{}f}", value, digits) : fmt::format("{:.{}f} {}", value, digits, units[unit]);
}

}  // namespace

std::string formatBytes(double bytes) {
    static constexpr std::array<std::string_view, 6> kUnits{"B", "kB", "MB", "GB", "TB", "PB"};
    return scaled(bytes, kUnits);
}

std::string formatCount(double count) {
    static constexpr std::array<std::string_view, 5> kUnits{"", "k", "M", "G", "T"};
    return scaled(count, kUnits);
}

std::string formatMilliseconds(double value) {
    const double magnitude = std::abs(value);
    if (magnitude >= 1000) return fmt::format("{:.{}f} s", value / 1000, magnitude < 10000 ? 2 : 1);
    if (magnitude >= 1) return fmt::format("{:.{}f} ms", value, magnitude < 10 ? 2 : magnitude < 100 ? 1 : 0);
    return fmt::format("{:.{}f} µs", value * 1000, magnitude < 0.01 ? 2 : magnitude < 0.1 ? 1 : 0);
}

std::string formatJoules(double joules) {
    constexpr std::array<std::pair<double, const char*>, 4> kUnits{{{1, "J"}, {1e-3, "mJ"}, {1e-6, "µJ"}, {1e-9, "nJ"}}};
    for (const auto& [unit, name] : kUnits)
        if (joules >= unit || unit == kUnits.back().first) return fmt::format("{:.3g} {}", joules / unit, name);
    return {};
}

std::string formatRatio(double ratio) { return fmt::format("{:.2f}×", ratio); }

std::string utcNow() { return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::time(nullptr))); }

}  // namespace trimtab::base
