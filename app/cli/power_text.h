#pragma once
// Energy, clocks and temperature of a profile, as it is printed and as --json has them.
#include <cstdint>
#include <string>

#include "core/ipc/profile_request.h"
#include "core/recipe/run_setting.h"

namespace trimtab::cli {

/// What a run is worth: its samples; where a prompt is read its tokens, and of a step behind it one token a sequence.
struct WorkOfRun {
    std::int64_t count = 1;
    std::string unit;  // "sample", "token", "token of the prompt"
    bool isTokens() const { return unit != "sample"; }
};
WorkOfRun workOfRun(std::int64_t batch, const recipe::RunSetting& setting);

/// "12.3 mJ".
std::string joulesText(double joules);

/// The profile's energy with "joules_per_sample" or "joules_per_token" beside it; null where there is none.
Json energyDocument(const trace::Profile& profile, const WorkOfRun& work);

/// The lines "energy" and "clocks": what was measured, or why not.
std::string energyText(const trace::Profile& profile, const WorkOfRun& work);
std::string clocksText(const trace::Profile& profile);
/// "the machine slowed down while this was measured", with the device's reasons where it tells any.
std::string throttledText(const trace::Profile& profile);

}  // namespace trimtab::cli
