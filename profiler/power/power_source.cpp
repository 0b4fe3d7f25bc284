#include "profiler/power/power_source.h"

#include <array>
#include <utility>

namespace trimtab::profiler {
namespace {

constexpr std::array<std::pair<ThrottleReason, const char*>, 10> kWords{{{kIdle, "idle"},
                                                                         {kClockSetting, "clock setting"},
                                                                         {kPowerCap, "power cap"},
                                                                         {kHardwareSlowdown, "hardware slowdown"},
                                                                         {kSyncBoost, "sync boost"},
                                                                         {kThermalSlowdown, "thermal slowdown"},
                                                                         {kHardwareThermalSlowdown, "hardware thermal slowdown"},
                                                                         {kPowerBrake, "power brake"},
                                                                         {kDisplayClock, "display clock setting"},
                                                                         {kOtherReason, "another reason"}}};

}  // namespace

std::vector<std::string> words(std::uint32_t reasons) {
    std::vector<std::string> list;
    for (const auto& [reason, word] : kWords)
        if (reasons & reason) list.emplace_back(word);
    return list;
}

bool slowsDown(std::uint32_t reasons) { return (reasons & ~static_cast<std::uint32_t>(kIdle | kClockSetting)) != 0; }

std::string PowerSourceInfo::reasons(std::initializer_list<const char*> quantities) const {
    std::vector<std::pair<std::string, std::string>> said;  // why → of what
    for (const char* quantity : quantities) {
        const auto found = missing.find(quantity);
        if (found == missing.end()) continue;
        auto same = said.begin();
        while (same != said.end() && same->first != found->second) ++same;
        if (same == said.end()) said.emplace_back(found->second, quantity);
        else same->second += std::string(", ") + quantity;
    }
    if (said.size() == 1) return said.front().first;
    std::string text;
    for (const auto& [why, what] : said) text += (text.empty() ? "" : "; ") + what + ": " + why;
    return text;
}

}  // namespace trimtab::profiler
