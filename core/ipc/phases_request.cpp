#include "core/ipc/phases_request.h"

#include "core/ipc/json_fields.h"

namespace trimtab::ipc {

Json toJson(const PhasesRequest& request) {
    return {
        {"model", toJson(request.model)}, {"prompt", request.prompt}, {"generate", request.generate}, {"seconds", encode(request.seconds)}};
}

Result<PhasesRequest> phasesRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a request for phases"));
    PhasesRequest request;
    TRIMTAB_TRY(request.model, modelRequestAt(json, "model"));
    TRIMTAB_TRY(request.prompt, base::integerAt(json, "prompt", request.prompt));
    TRIMTAB_TRY(request.generate, base::integerAt(json, "generate", request.generate));
    TRIMTAB_TRY(request.seconds, realAt(json, "seconds", request.seconds));
    constexpr std::int64_t kMostTokens = 1 << 20;
    if (request.prompt < 1 || request.prompt > kMostTokens || request.generate < 1 || request.generate > kMostTokens)
        return fail(ErrorCode::Refused, "prompt and generate must be 1 to " + std::to_string(kMostTokens) + " tokens");
    if (!(request.seconds >= 0 && request.seconds <= 3600)) return fail(ErrorCode::Refused, "seconds must be 0 to 3600");
    return request;
}

Json toJson(const PhasesAnswer& answer) {
    Json rounds = Json::array();
    for (std::size_t i = 0; i < answer.prefillMs.size(); ++i)
        rounds.push_back({{"prefill_ms", encode(answer.prefillMs[i])}, {"step_ms", encode(answer.stepMs[i])}});
    return {{"rounds", std::move(rounds)},
            {"batch", answer.batch},
            {"prompt", answer.prompt},
            {"generate", answer.generate},
            {"layers", trace::toJson(answer.layers)},
            {"weight_bytes", answer.weightBytes},
            {"cache_bytes", answer.cacheBytes},
            {"cache_bytes_per_token", answer.cacheBytesPerToken},
            {"arena_bytes", answer.arenaBytes},
            {"caching", answer.caching},
            {"plans_each_step", answer.plansEachStep},
            {"throttled", answer.throttled},
            {"environment", trial::toJson(answer.environment)}};
}

Result<PhasesAnswer> phasesAnswerFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "timed phases"));
    PhasesAnswer answer;
    const Json* rounds = base::memberAt(json, "rounds");
    if (!rounds || !rounds->is_array()) return fail(ErrorCode::Refused, "\"rounds\" must be an array");
    for (const Json& round : *rounds) {
        TRIMTAB_REQUIRE(requireObject(round, "a round"));
        TRIMTAB_TRY(const double prefill, realAt(round, "prefill_ms", 0));
        TRIMTAB_TRY(auto steps, trial::realsAt(round, "step_ms"));
        answer.prefillMs.push_back(prefill);
        answer.stepMs.push_back(std::move(steps));
    }
    TRIMTAB_TRY(answer.batch, base::integerAt(json, "batch", 1));
    TRIMTAB_TRY(answer.prompt, base::integerAt(json, "prompt", 0));
    TRIMTAB_TRY(answer.generate, base::integerAt(json, "generate", 0));
    if (const Json* layers = base::memberAt(json, "layers")) {
        TRIMTAB_TRY(answer.layers, trace::layerRecordsFromJson(*layers));
    }
    TRIMTAB_TRY(answer.weightBytes, base::integerAt(json, "weight_bytes", 0));
    TRIMTAB_TRY(answer.cacheBytes, base::integerAt(json, "cache_bytes", 0));
    TRIMTAB_TRY(answer.cacheBytesPerToken, base::integerAt(json, "cache_bytes_per_token", 0));
    TRIMTAB_TRY(answer.arenaBytes, base::integerAt(json, "arena_bytes", 0));
    TRIMTAB_TRY(answer.caching, base::stringAt(json, "caching", ""));
    TRIMTAB_TRY(answer.plansEachStep, base::booleanAt(json, "plans_each_step", false));
    TRIMTAB_TRY(answer.throttled, base::booleanAt(json, "throttled", false));
    TRIMTAB_TRY(answer.environment, environmentAt(json));
    return answer;
}

}  // namespace trimtab::ipc
