#include "app/cli/power_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "app/cli/table.h"

namespace trimtab::cli {
namespace {

std::string extentText(const trace::Extent& extent) {
    const std::string low = fmt::format("{:.0f}", extent.low), high = fmt::format("{:.0f}", extent.high);
    return low == high ? low : low + " … " + high;
}

/// What the device gives as reason though nobody asked for it; of no news are the other two.
std::string heldDownBy(const trace::Clocks& clocks) {
    std::string text;
    for (const std::string& reason : clocks.reasons)
        if (reason != "idle" && reason != "clock setting") text += (text.empty() ? "" : ", ") + reason;
    return text;
}

}  // namespace

WorkOfRun workOfRun(std::int64_t batch, const recipe::RunSetting& setting) {
    batch = std::max<std::int64_t>(batch, 1);
    if (setting.prompt <= 0) return {batch, "sample"};
    if (setting.generate > 0) return {batch, "token"};
    return {batch * setting.prompt, "token of the prompt"};
}

std::string joulesText(double joules) {
    constexpr std::array<std::pair<double, const char*>, 4> kUnits{{{1, "J"}, {1e-3, "mJ"}, {1e-6, "µJ"}, {1e-9, "nJ"}}};
    for (const auto& [unit, name] : kUnits)
        if (joules >= unit || unit == kUnits.back().first) return fmt::format("{:.3g} {}", joules / unit, name);
    return {};
}

Json energyDocument(const trace::Profile& profile, const WorkOfRun& work) {
    if (!profile.energy) return nullptr;
    Json json = trace::toJson(*profile.energy);
    json[work.isTokens() ? "joules_per_token" : "joules_per_sample"] =
        profile.energy->joulesPerRun.value / static_cast<double>(work.count);
    return json;
}

std::string energyText(const trace::Profile& profile, const WorkOfRun& work) {
    if (!profile.energy) return "unavailable: " + printable(profile.noEnergy.empty() ? "it was not measured" : profile.noEnergy);
    const trace::Energy& energy = *profile.energy;
    const base::Estimate& run = energy.joulesPerRun;
    std::string text = joulesText(run.value) + " a run";
    if (std::isfinite(run.interval.high))
        text += fmt::format(" (95 %: {} … {})", joulesText(run.interval.low), joulesText(run.interval.high));
    if (work.count > 1 || work.isTokens())
        text += fmt::format(", {} a {}", joulesText(run.value / static_cast<double>(work.count)), work.unit);
    text += fmt::format("; by {} over {} runs, {:.1f} W on {}; idle power is part of it", printable(energy.method), energy.runs,
                        energy.watts, printable(energy.covers));
    if (energy.throttled) text += "; the device was slowed down meanwhile";
    return text;
}

std::string clocksText(const trace::Profile& profile) {
    if (!profile.clocks) return "unavailable: " + printable(profile.noClocks.empty() ? "they were not read" : profile.noClocks);
    const trace::Clocks& clocks = *profile.clocks;
    std::string text;
    const auto add = [&](const std::string& piece) { text += (text.empty() ? "" : ", ") + piece; };
    if (clocks.coreMHz) add(extentText(*clocks.coreMHz) + " MHz");
    if (clocks.memoryMHz) add("memory " + extentText(*clocks.memoryMHz) + " MHz");
    if (clocks.celsius) add(extentText(*clocks.celsius) + " °C");
    if (clocks.tellsReasons) add(heldDownBy(clocks).empty() ? "held down by nothing" : "held down by " + printable(heldDownBy(clocks)));
    if (text.empty()) text = "nothing was read";
    return text + fmt::format("; read {} times, {:.1f} % of the time", clocks.readings, 100 * clocks.readingShare);
}

std::string throttledText(const trace::Profile& profile) {
    std::string text = "the machine slowed down while this was measured";
    if (profile.clocks && !heldDownBy(*profile.clocks).empty()) text += ": " + printable(heldDownBy(*profile.clocks));
    return text;
}

}  // namespace trimtab::cli
