#include "app/cli/power_text.h"

#include <cmath>

#include <fmt/format.h>

#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

std::string wordsOf(const std::optional<trace::Energy>& measured, const std::string& why, const trial::WorkOfRun& work) {
    if (!measured) return "unavailable: " + printable(why.empty() ? "it was not measured" : why);
    const trace::Energy& energy = *measured;
    const base::Estimate& run = energy.joulesPerRun;
    std::string text = base::formatJoules(run.value) + " a run";
    if (std::isfinite(run.interval.high))
        text += fmt::format(" (95 %: {} … {})", base::formatJoules(run.interval.low), base::formatJoules(run.interval.high));
    if (work.count > 1 || work.isTokens())
        text += fmt::format(", {} a {}", base::formatJoules(run.value / static_cast<double>(work.count)), work.unit);
    text += fmt::format("; by {} over {} runs, {:.1f} W on {}; idle power is part of it", printable(energy.method), energy.runs,
                        energy.watts, printable(energy.covers));
    if (energy.throttled) text += "; the device was slowed down meanwhile";
    return text;
}

std::string wordsOf(const std::optional<trace::Clocks>& clocks, const std::string& why) {
    if (!clocks) return "unavailable: " + printable(why.empty() ? "they were not read" : why);
    const std::string text = trace::clocksInWords(*clocks);
    return fmt::format("{}; read {} times, {:.1f} % of the time", text.empty() ? "nothing was read" : printable(text), clocks->readings,
                       100 * clocks->readingShare);
}

}  // namespace

Json energyDocument(const trace::Profile& profile, const trial::WorkOfRun& work) {
    if (!profile.energy) return nullptr;
    Json json = trace::toJson(*profile.energy);
    json[work.isTokens() ? "joules_per_token" : "joules_per_sample"] =
        profile.energy->joulesPerRun.value / static_cast<double>(work.count);
    return json;
}

std::string energyText(const trace::Profile& profile, const trial::WorkOfRun& work) {
    return wordsOf(profile.energy, profile.noEnergy, work);
}

std::string energyText(const trace::PowerOfTurns& power, const trial::WorkOfRun& work) {
    return wordsOf(power.energy, power.noEnergy, work);
}

std::string clocksText(const trace::Profile& profile) { return wordsOf(profile.clocks, profile.noClocks); }
std::string clocksText(const trace::PowerOfTurns& power) { return wordsOf(power.clocks, power.noClocks); }

std::string throttledText(const trace::Profile& profile) {
    std::string text = "the machine slowed down while this was measured";
    if (profile.clocks && !trace::heldDownBy(*profile.clocks).empty()) text += ": " + printable(trace::heldDownBy(*profile.clocks));
    return text;
}

}  // namespace trimtab::cli
