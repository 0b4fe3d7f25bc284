#pragma once
// What a profiled run drew and at which clocks it ran. Values only; profiler/power measures them.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/statistics.h"

namespace trimtab::trace {

/// Energy of one run without a recording, over a stretch of such runs. What the device draws when idle is part of it.
struct Energy {
    base::Estimate joulesPerRun;  // the interval is of the stretch's blocks
    std::string method;           // "energy counter", "integral of power every 20 ms"
    std::string source;           // "NVML", "powercap"
    std::string covers;           // "the GPU's whole board": all that ran there, this program or not
    std::int64_t runs = 0;
    std::int64_t blocks = 0;
    double seconds = 0;           // that the blocks lasted in all
    double watts = 0;             // mean power in it
    double preparing = 0;         // share of the blocks in which runs were made ready; left out of joulesPerRun at the mean power
    bool throttled = false;       // during the stretch
};

struct Extent {
    double low = 0, high = 0;
};

/// Clocks and temperature while recorded runs and others took turns. What could not be read is in `unavailable`, and is no zero.
struct Clocks {
    std::string source;
    std::optional<Extent> coreMHz, memoryMHz, celsius;
    bool tellsReasons = false;         // whether the device tells why its clocks are held down
    std::vector<std::string> reasons;  // of those, each that was seen; "idle" and settings are among them
    std::map<std::string, std::string> unavailable;  // "temperature" → why
    std::int64_t readings = 0;
    double periodMs = 0;
    double readingShare = 0;  // share of the time in which a thread of its own read them, beside recorded and other runs alike
};

/// Of a trial in turns with what it is held against, and behind them of the trial alone.
struct PowerOfTurns {
    std::optional<Energy> energy;
    std::string noEnergy;  // why it was not measured
    std::optional<Clocks> clocks, baselineClocks;  // while each of the two ran
    std::string noClocks;
};

/// "1755 … 1980 MHz, memory 2619 MHz, 41 … 47 °C, held down by power cap"; empty where nothing was read.
std::string clocksInWords(const Clocks& clocks);
/// Of the reasons those that nobody asked for: neither idleness nor a setting.
std::string heldDownBy(const Clocks& clocks);

/// {"joules_per_run", "low", "high", "method", "source", "covers", "runs", "blocks", "seconds", "watts", "preparing", "idle_included",
/// "throttled"}.
Json toJson(const Energy& energy);
/// Refused, naming the field, for what is no energy.
Result<Energy> energyFromJson(const Json& json);

/// {"source", "core_mhz": [low, high] or null, "memory_mhz", "celsius", "throttle_reasons": list or null, "unavailable", "readings",
/// "period_ms", "reading_share"}.
Json toJson(const Clocks& clocks);
Result<Clocks> clocksFromJson(const Json& json);

/// {"energy", "no_energy", "clocks", "baseline_clocks", "no_clocks"}; null for what was not measured.
Json toJson(const PowerOfTurns& power);
Result<PowerOfTurns> powerOfTurnsFromJson(const Json& json);

}  // namespace trimtab::trace
