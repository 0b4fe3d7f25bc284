#include "core/trace/power.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace trimtab::trace {
namespace {

Json toJson(const std::optional<Extent>& extent) { return extent ? Json{extent->low, extent->high} : Json(nullptr); }

Status readExtent(const Json& json, const char* key, std::optional<Extent>& extent) {
    const Json* pair = base::memberAt(json, key);
    if (!pair || pair->is_null()) return {};
    if (!pair->is_array() || pair->size() != 2 || !(*pair)[0].is_number() || !(*pair)[1].is_number())
        return fail(ErrorCode::Refused, "\"" + std::string(key) + "\" must be the lowest and the highest value");
    extent = Extent{(*pair)[0].get<double>(), (*pair)[1].get<double>()};
    return {};
}

Status readReasons(const Json& json, Clocks& clocks) {
    const Json* reasons = base::memberAt(json, "throttle_reasons");
    if (!reasons || reasons->is_null()) return {};
    if (!reasons->is_array()) return fail(ErrorCode::Refused, "\"throttle_reasons\" must be a list");
    clocks.tellsReasons = true;
    for (const Json& reason : *reasons) {
        if (!reason.is_string()) return fail(ErrorCode::Refused, "a reason of throttling must be text");
        clocks.reasons.push_back(reason.get<std::string>());
    }
    return {};
}

Status readUnavailable(const Json& json, Clocks& clocks) {
    const Json* list = base::memberAt(json, "unavailable");
    if (!list) return {};
    if (!list->is_object()) return fail(ErrorCode::Refused, "\"unavailable\" must be an object");
    for (const auto& [what, why] : list->items()) {
        if (!why.is_string()) return fail(ErrorCode::Refused, "why a reading is not there must be text");
        clocks.unavailable[what] = why.get<std::string>();
    }
    return {};
}

std::string extentText(const Extent& extent) {
    const std::string low = fmt::format("{:.0f}", extent.low), high = fmt::format("{:.0f}", extent.high);
    return low == high ? low : low + " … " + high;
}

}  // namespace

Json toJson(const Energy& energy) {
    Json json{{"joules_per_run", energy.joulesPerRun.value},
              {"low", energy.joulesPerRun.interval.low},
              {"method", energy.method},
              {"source", energy.source},
              {"covers", energy.covers},
              {"runs", energy.runs},
              {"blocks", energy.blocks},
              {"seconds", energy.seconds},
              {"watts", energy.watts},
              {"preparing", energy.preparing},
              {"idle_included", true},
              {"throttled", energy.throttled}};
    if (std::isfinite(energy.joulesPerRun.interval.high)) json["high"] = energy.joulesPerRun.interval.high;
    return json;
}

Result<Energy> energyFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "\"energy\" must be an object");
    Energy energy;
    TRIMTAB_TRY(energy.joulesPerRun.value, base::numberAt(json, "joules_per_run"));
    TRIMTAB_TRY(energy.joulesPerRun.interval.low, base::numberAt(json, "low", 0.0));
    TRIMTAB_TRY(energy.joulesPerRun.interval.high, base::numberAt(json, "high", std::numeric_limits<double>::infinity()));
    TRIMTAB_TRY(energy.method, base::stringAt(json, "method", ""));
    TRIMTAB_TRY(energy.source, base::stringAt(json, "source", ""));
    TRIMTAB_TRY(energy.covers, base::stringAt(json, "covers", ""));
    TRIMTAB_TRY(energy.runs, base::integerAt(json, "runs", 0));
    TRIMTAB_TRY(energy.blocks, base::integerAt(json, "blocks", 0));
    TRIMTAB_TRY(energy.seconds, base::numberAt(json, "seconds", 0.0));
    TRIMTAB_TRY(energy.watts, base::numberAt(json, "watts", 0.0));
    TRIMTAB_TRY(energy.preparing, base::numberAt(json, "preparing", 0.0));
    TRIMTAB_TRY(energy.throttled, base::booleanAt(json, "throttled", false));
    return energy;
}

Json toJson(const Clocks& clocks) {
    return {{"source", clocks.source},
            {"core_mhz", toJson(clocks.coreMHz)},
            {"memory_mhz", toJson(clocks.memoryMHz)},
            {"celsius", toJson(clocks.celsius)},
            {"throttle_reasons", clocks.tellsReasons ? Json(clocks.reasons) : Json(nullptr)},
            {"unavailable", clocks.unavailable},
            {"readings", clocks.readings},
            {"period_ms", clocks.periodMs},
            {"reading_share", clocks.readingShare}};
}

Result<Clocks> clocksFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "\"clocks\" must be an object");
    Clocks clocks;
    TRIMTAB_TRY(clocks.source, base::stringAt(json, "source", ""));
    TRIMTAB_REQUIRE(readExtent(json, "core_mhz", clocks.coreMHz));
    TRIMTAB_REQUIRE(readExtent(json, "memory_mhz", clocks.memoryMHz));
    TRIMTAB_REQUIRE(readExtent(json, "celsius", clocks.celsius));
    TRIMTAB_REQUIRE(readReasons(json, clocks));
    TRIMTAB_REQUIRE(readUnavailable(json, clocks));
    TRIMTAB_TRY(clocks.readings, base::integerAt(json, "readings", 0));
    TRIMTAB_TRY(clocks.periodMs, base::numberAt(json, "period_ms", 0.0));
    TRIMTAB_TRY(clocks.readingShare, base::numberAt(json, "reading_share", 0.0));
    return clocks;
}

std::string heldDownBy(const Clocks& clocks) {
    std::string text;
    for (const std::string& reason : clocks.reasons)
        if (reason != "idle" && reason != "clock setting") text += (text.empty() ? "" : ", ") + reason;
    return text;
}

std::string clocksInWords(const Clocks& clocks) {
    std::string text;
    const auto add = [&](const std::string& piece) { text += (text.empty() ? "" : ", ") + piece; };
    if (clocks.coreMHz) add(extentText(*clocks.coreMHz) + " MHz");
    if (clocks.memoryMHz) add("memory " + extentText(*clocks.memoryMHz) + " MHz");
    if (clocks.celsius) add(extentText(*clocks.celsius) + " °C");
    if (clocks.tellsReasons) add(heldDownBy(clocks).empty() ? "held down by nothing" : "held down by " + heldDownBy(clocks));
    return text;
}

Json toJson(const PowerOfTurns& power) {
    const auto orNull = [](const auto& measured) { return measured ? toJson(*measured) : Json(nullptr); };
    return {{"energy", orNull(power.energy)},
            {"no_energy", power.noEnergy},
            {"clocks", orNull(power.clocks)},
            {"baseline_clocks", orNull(power.baselineClocks)},
            {"no_clocks", power.noClocks}};
}

Result<PowerOfTurns> powerOfTurnsFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "\"power\" must be an object");
    const auto isThere = [&](const char* key) { return json.contains(key) && !json[key].is_null(); };
    PowerOfTurns power;
    if (isThere("energy")) {
        TRIMTAB_TRY(power.energy, energyFromJson(json["energy"]));
    }
    if (isThere("clocks")) {
        TRIMTAB_TRY(power.clocks, clocksFromJson(json["clocks"]));
    }
    if (isThere("baseline_clocks")) {
        TRIMTAB_TRY(power.baselineClocks, clocksFromJson(json["baseline_clocks"]));
    }
    TRIMTAB_TRY(power.noEnergy, base::stringAt(json, "no_energy", ""));
    TRIMTAB_TRY(power.noClocks, base::stringAt(json, "no_clocks", ""));
    return power;
}

}  // namespace trimtab::trace
