#pragma once
// Energy, clocks and temperature of a profile, as it is printed and as --json has them.
#include <string>

#include "core/ipc/profile_request.h"
#include "core/trial/work_of_run.h"

namespace trimtab::cli {

/// The profile's energy with "joules_per_sample" or "joules_per_token" beside it; null where there is none.
Json energyDocument(const trace::Profile& profile, const trial::WorkOfRun& work);

/// The lines "energy" and "clocks": what was measured, or why not.
std::string energyText(const trace::Profile& profile, const trial::WorkOfRun& work);
std::string clocksText(const trace::Profile& profile);
/// The same of a bench.
std::string energyText(const trace::PowerOfTurns& power, const trial::WorkOfRun& work);
std::string clocksText(const trace::PowerOfTurns& power);
/// "the machine slowed down while this was measured", with the device's reasons where it tells any.
std::string throttledText(const trace::Profile& profile);

}  // namespace trimtab::cli
