#include "core/ipc/profile_request.h"

#include "core/base/base64.h"
#include "core/ipc/json_fields.h"
#include "core/trace/trace_codec.h"

namespace trimtab::ipc {
namespace {

/// The members of a list that may be absent.
template <class T>
Status readEach(const Json& object, std::string_view key, Result<T> (*read)(const Json&), std::vector<T>& list) {
    const Json* member = base::memberAt(object, key);
    if (!member) return {};
    if (!member->is_array()) return fail(ErrorCode::Refused, "\"" + std::string(key) + "\" must be a list");
    for (const Json& entry : *member) {
        TRIMTAB_TRY(T value, read(entry));
        list.push_back(std::move(value));
    }
    return {};
}

/// What charts rely on: spans of layers that there are, at times that a double holds to the nanosecond.
Status checkTrace(const trace::Profile& profile) {
    constexpr std::int64_t kLastTime = std::int64_t{1} << 52;
    for (const trace::Span& span : profile.trace.spans)
        if (span.layer >= static_cast<std::int64_t>(profile.layers.size()) || span.endNs() > kLastTime)
            return fail(ErrorCode::Refused, "the trace has a span of no layer, or beyond all time");
    return {};
}

Json encode(const trial::Reordering& reordering) {
    return {{"gone", reordering.gone}, {"time", trial::encode(reordering.time)}, {"refusal", reordering.refusal}};
}

Result<std::string> nameFrom(const Json& json) {
    if (!json.is_string()) return fail(ErrorCode::Refused, "a list of nodes must hold names");
    return json.get<std::string>();
}

Result<trial::Reordering> reorderingFrom(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a reordering"));
    trial::Reordering reordering;
    TRIMTAB_REQUIRE(readEach(json, "gone", nameFrom, reordering.gone));
    TRIMTAB_TRY(reordering.refusal, base::stringAt(json, "refusal", ""));
    if (const Json* time = base::memberAt(json, "time")) {
        TRIMTAB_TRY(reordering.time, trial::estimateFrom(*time, "time"));
    }
    return reordering;
}

Json encode(const trial::Removal& removal) {
    return {{"option", trial::toJson(removal.option)}, {"time", trial::encode(removal.time)}, {"refusal", removal.refusal}};
}

Result<trial::Removal> removalFrom(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a removal"));
    trial::Removal removal;
    const Json* option = base::memberAt(json, "option");
    if (!option) return fail(ErrorCode::Refused, "\"option\" is missing");
    TRIMTAB_TRY(removal.option, trial::sensitivityOptionFromJson(*option));
    TRIMTAB_TRY(removal.refusal, base::stringAt(json, "refusal", ""));
    if (const Json* time = base::memberAt(json, "time")) {
        TRIMTAB_TRY(removal.time, trial::estimateFrom(*time, "time"));
    }
    return removal;
}

}  // namespace

Json toJson(const ProfileRequest& request) {
    Json json = {{"model", toJson(request.model)},
                 {"input_files", request.inputFiles},
                 {"seconds", encode(request.seconds)},
                 {"counters", request.counters},
                 {"options", Json::array()}};
    for (const auto& option : request.options) json["options"].push_back(trial::toJson(option));
    return json;
}

Result<ProfileRequest> profileRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a request for a profile"));
    ProfileRequest request;
    TRIMTAB_TRY(request.model, modelRequestAt(json, "model"));
    TRIMTAB_TRY(request.inputFiles, stringMapAt(json, "input_files"));
    TRIMTAB_TRY(request.seconds, realAt(json, "seconds", request.seconds));
    TRIMTAB_TRY(request.counters, base::booleanAt(json, "counters", request.counters));
    if (!(request.seconds >= 0 && request.seconds <= 3600)) return fail(ErrorCode::Refused, "seconds must be 0 to 3600");
    TRIMTAB_REQUIRE(readEach(json, "options", trial::sensitivityOptionFromJson, request.options));
    return request;
}

Json toJsonWithoutTrace(const ProfileAnswer& answer) {
    Json trials = Json::array();
    for (const trial::LayerTrial& trial : answer.trials) trials.push_back(trial::toJson(trial));
    Json removals = Json::array();
    for (const trial::Removal& removal : answer.removals) removals.push_back(encode(removal));
    return {{"profile", trace::toJson(answer.profile)},
            {"trials", std::move(trials)},
            {"capacity", trial::toJson(answer.capacity)},
            {"no_trials", answer.noTrials},
            {"batch", answer.batch},
            {"larger_batch", trial::encode(answer.largerBatch)},
            {"no_larger_batch", answer.noLargerBatch},
            {"reordering", encode(answer.reordering)},
            {"removals", std::move(removals)},
            {"weight_bytes", answer.weightBytes},
            {"arena_bytes", answer.arenaBytes},
            {"environment", trial::toJson(answer.environment)}};
}

Json toJson(const ProfileAnswer& answer) {
    Json json = toJsonWithoutTrace(answer);
    json["trace"] = base::toBase64(trace::packed(answer.profile.trace));
    return json;
}

Result<ProfileAnswer> profileAnswerFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a profile's answer"));
    TRIMTAB_TRY(const std::string text, base::stringAt(json, "trace"));
    TRIMTAB_TRY(const std::string bytes, base::fromBase64(text));
    return profileAnswerFromJson(json, bytes);
}

Result<ProfileAnswer> profileAnswerFromJson(const Json& json, std::string_view trace) {
    TRIMTAB_REQUIRE(requireObject(json, "a profile's answer"));
    ProfileAnswer answer;
    const Json* profile = base::memberAt(json, "profile");
    if (!profile) return fail(ErrorCode::Refused, "\"profile\" is missing");
    TRIMTAB_TRY(answer.profile, trace::profileFromJson(*profile));
    TRIMTAB_TRY(answer.profile.trace, trace::unpacked(trace));
    TRIMTAB_REQUIRE(checkTrace(answer.profile));
    TRIMTAB_REQUIRE(readEach(json, "trials", trial::layerTrialFromJson, answer.trials));
    if (const Json* capacity = base::memberAt(json, "capacity")) {
        TRIMTAB_TRY(answer.capacity, trial::capacityFromJson(*capacity));
    }
    TRIMTAB_TRY(answer.noTrials, base::stringAt(json, "no_trials", ""));
    TRIMTAB_TRY(answer.batch, base::integerAt(json, "batch", 1));
    if (const Json* larger = base::memberAt(json, "larger_batch")) {
        TRIMTAB_TRY(answer.largerBatch, trial::estimateFrom(*larger, "larger_batch"));
    }
    TRIMTAB_TRY(answer.noLargerBatch, base::stringAt(json, "no_larger_batch", ""));
    if (const Json* reordering = base::memberAt(json, "reordering")) {
        TRIMTAB_TRY(answer.reordering, reorderingFrom(*reordering));
    }
    TRIMTAB_REQUIRE(readEach(json, "removals", removalFrom, answer.removals));
    TRIMTAB_TRY(answer.weightBytes, base::integerAt(json, "weight_bytes", 0));
    TRIMTAB_TRY(answer.arenaBytes, base::integerAt(json, "arena_bytes", 0));
    TRIMTAB_TRY(answer.environment, environmentAt(json));
    return answer;
}

}  // namespace trimtab::ipc
