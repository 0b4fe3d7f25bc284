#include "core/trace/profile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trimtab::trace {
namespace {

/// An end that is not known (of one turn alone) is left out.
Json toJson(const base::Estimate& ratio) {
    Json json{{"ratio", ratio.value}, {"low", ratio.interval.low}};
    if (std::isfinite(ratio.interval.high)) json["high"] = ratio.interval.high;
    return json;
}

Result<base::Estimate> estimateFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "\"overhead\" must be an object");
    base::Estimate ratio;
    TRIMTAB_TRY(ratio.value, base::numberAt(json, "ratio", 0.0));
    TRIMTAB_TRY(ratio.interval.low, base::numberAt(json, "low", 0.0));
    TRIMTAB_TRY(ratio.interval.high, base::numberAt(json, "high", std::numeric_limits<double>::infinity()));
    return ratio;
}

Result<CounterTotal> counterFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "a counter must be an object");
    CounterTotal counter;
    TRIMTAB_TRY(counter.name, base::stringAt(json, "name"));
    TRIMTAB_TRY(counter.unavailable, base::stringAt(json, "unavailable", ""));
    TRIMTAB_TRY(counter.perRun, base::numberAt(json, "per_run", 0.0));
    return counter;
}

Result<DeviceTime> deviceTimeFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "\"device\" must be an object");
    DeviceTime time;
    TRIMTAB_TRY(time.layersNs, base::numberAt(json, "layers_ns", 0.0));
    TRIMTAB_TRY(time.transfersNs, base::numberAt(json, "transfers_ns", 0.0));
    TRIMTAB_TRY(time.restNs, base::numberAt(json, "rest_ns", 0.0));
    return time;
}

Status readThreads(const Json& json, Profile& profile) {
    TRIMTAB_TRY(const std::int64_t threads, base::integerAt(json, "threads", 0));
    if (threads < 0 || threads > std::numeric_limits<int>::max()) return fail(ErrorCode::Refused, "\"threads\" must be a count");
    profile.threads = static_cast<int>(threads);
    const Json* atWork = base::memberAt(json, "at_work");
    if (!atWork || atWork->is_null()) return {};
    const bool isNumbers = atWork->is_array() && std::ranges::all_of(*atWork, [](const Json& entry) { return entry.is_number(); });
    if (!isNumbers || (!atWork->empty() && atWork->size() != profile.layers.size()))
        return fail(ErrorCode::Refused, "\"at_work\" must be a list of numbers, one for each layer");
    profile.atWork = atWork->get<std::vector<double>>();
    if (std::ranges::any_of(profile.atWork, [&](double count) { return count > profile.threads; }))
        return fail(ErrorCode::Refused, "\"at_work\" tells of more threads than there are");
    TRIMTAB_TRY(profile.lostTeamSpans, base::integerAt(json, "lost_team_spans", 0));
    return {};
}

Json toJson(const std::vector<LayerCounters>& counters) {
    Json list = Json::array();
    for (const LayerCounters& of : counters) list.push_back(Json(of.values));
    return list;
}

Status readLayerCounters(const Json& json, Profile& profile) {
    TRIMTAB_TRY(profile.noLayerCounters, base::stringAt(json, "no_layer_counters", ""));
    const Json* list = base::memberAt(json, "layer_counters");
    if (!list || list->is_null()) return {};
    if (!list->is_array() || (!list->empty() && list->size() != profile.layers.size()))
        return fail(ErrorCode::Refused, "\"layer_counters\" must be a list, one entry for each layer");
    for (const Json& entry : *list) {
        const bool isFigures = entry.is_object() && std::ranges::all_of(entry, [](const Json& value) { return value.is_number(); });
        if (!isFigures) return fail(ErrorCode::Refused, "an entry of \"layer_counters\" must hold figures by name");
        profile.layerCounters.push_back({entry.get<std::map<std::string, double>>()});
    }
    return {};
}

Status readPower(const Json& json, Profile& profile) {
    if (const Json* energy = base::memberAt(json, "energy"); energy && !energy->is_null()) {
        TRIMTAB_TRY(profile.energy, energyFromJson(*energy));
    }
    TRIMTAB_TRY(profile.noEnergy, base::stringAt(json, "no_energy", ""));
    if (const Json* clocks = base::memberAt(json, "clocks"); clocks && !clocks->is_null()) {
        TRIMTAB_TRY(profile.clocks, clocksFromJson(*clocks));
    }
    TRIMTAB_TRY(profile.noClocks, base::stringAt(json, "no_clocks", ""));
    return {};
}

}  // namespace

double DeviceTime::attributed() const { return layersNs > 0 ? layersNs / (layersNs + restNs) : 0; }

Json toJson(const DeviceTime& time) {
    return {{"ns", time.deviceNs()},
            {"attributed", time.attributed()},
            {"layers_ns", time.layersNs},
            {"transfers_ns", time.transfersNs},
            {"rest_ns", time.restNs}};
}

Json toJson(const CounterTotal& counter) {
    if (!counter.unavailable.empty()) return {{"name", counter.name}, {"unavailable", counter.unavailable}};
    return {{"name", counter.name}, {"per_run", counter.perRun}};
}

double Profile::shareOf(const LayerRecord& layer) const { return std::max(layer.share, 0.0) * attributed; }

std::optional<double> Profile::threadsAtWork(std::size_t layer) const {
    if (threads < 2 || layer >= atWork.size() || atWork[layer] < 0) return std::nullopt;
    return atWork[layer];
}

Json toJson(const Profile& profile) {
    Json counters = Json::array();
    for (const CounterTotal& counter : profile.counters) counters.push_back(toJson(counter));
    return {{"layers", toJson(profile.layers)},
            {"runs", profile.runs},
            {"run_ns", profile.runNs},
            {"attributed", profile.attributed},
            {"planning", profile.planning},
            {"overhead", toJson(profile.overhead)},
            {"threads", profile.threads},
            {"at_work", profile.atWork},
            {"lost_team_spans", profile.lostTeamSpans},
            {"device_time", profile.deviceTime},
            {"device", profile.device ? toJson(*profile.device) : Json(nullptr)},
            {"no_activity", profile.noActivity},
            {"throttled", profile.throttled},
            {"energy", profile.energy ? toJson(*profile.energy) : Json(nullptr)},
            {"no_energy", profile.noEnergy},
            {"clocks", profile.clocks ? toJson(*profile.clocks) : Json(nullptr)},
            {"no_clocks", profile.noClocks},
            {"counters", std::move(counters)},
            {"layer_counters", toJson(profile.layerCounters)},
            {"no_layer_counters", profile.noLayerCounters},
            {"ceilings", toJson(profile.ceilings)},
            {"no_ceilings", profile.noCeilings}};
}

Result<Profile> profileFromJson(const Json& json) {
    if (!json.is_object()) return fail(ErrorCode::Refused, "a profile must be an object");
    Profile profile;
    const Json none = Json::array();
    const Json* layers = base::memberAt(json, "layers");
    TRIMTAB_TRY(profile.layers, layerRecordsFromJson(layers ? *layers : none));
    TRIMTAB_TRY(profile.runs, base::integerAt(json, "runs", 0));
    TRIMTAB_TRY(profile.runNs, base::numberAt(json, "run_ns", 0.0));
    TRIMTAB_TRY(profile.attributed, base::numberAt(json, "attributed", 0.0));
    TRIMTAB_TRY(profile.planning, base::numberAt(json, "planning", 0.0));
    if (const Json* overhead = base::memberAt(json, "overhead")) {
        TRIMTAB_TRY(profile.overhead, estimateFromJson(*overhead));
    }
    TRIMTAB_REQUIRE(readThreads(json, profile));
    TRIMTAB_TRY(profile.deviceTime, base::booleanAt(json, "device_time", false));
    if (const Json* device = base::memberAt(json, "device"); device && !device->is_null()) {
        TRIMTAB_TRY(profile.device, deviceTimeFromJson(*device));
    }
    TRIMTAB_TRY(profile.noActivity, base::stringAt(json, "no_activity", ""));
    TRIMTAB_TRY(profile.throttled, base::booleanAt(json, "throttled", false));
    TRIMTAB_REQUIRE(readPower(json, profile));
    if (const Json* counters = base::memberAt(json, "counters")) {
        if (!counters->is_array()) return fail(ErrorCode::Refused, "\"counters\" must be a list");
        for (const Json& entry : *counters) {
            TRIMTAB_TRY(CounterTotal counter, counterFromJson(entry));
            profile.counters.push_back(std::move(counter));
        }
    }
    TRIMTAB_REQUIRE(readLayerCounters(json, profile));
    TRIMTAB_TRY(profile.noCeilings, base::stringAt(json, "no_ceilings", ""));
    if (const Json* ceilings = base::memberAt(json, "ceilings")) {
        TRIMTAB_TRY(profile.ceilings, ceilingsFromJson(*ceilings));
    }
    return profile;
}

}  // namespace trimtab::trace
