#include "core/ipc/generate_request.h"
#include "core/ipc/json_fields.h"

namespace trimtab::ipc {

Json toJson(const GenerateRequest& request) {
    return {{"model", toJson(request.model)}, {"prompt", request.prompt},      {"prompt_tokens", request.promptTokens},
            {"tokenizer", request.tokenizer}, {"tokens", request.tokens},      {"temperature", encode(request.temperature)},
            {"top_k", request.topK},          {"top_p", encode(request.topP)}, {"go_on", request.goOn},
            {"beside_reference", request.besideReference}, {"chat", request.chat}, {"system", request.system}};
}

Result<GenerateRequest> generateRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a request to generate"));
    GenerateRequest request;
    TRIMTAB_TRY(request.model, modelRequestAt(json, "model"));
    TRIMTAB_TRY(request.prompt, base::stringAt(json, "prompt", ""));
    TRIMTAB_TRY(request.promptTokens, integersAt(json, "prompt_tokens"));
    TRIMTAB_TRY(request.tokenizer, base::stringAt(json, "tokenizer", ""));
    TRIMTAB_TRY(request.tokens, base::integerAt(json, "tokens", request.tokens));
    TRIMTAB_TRY(request.temperature, realAt(json, "temperature", 0));
    TRIMTAB_TRY(request.topK, base::integerAt(json, "top_k", 0));
    TRIMTAB_TRY(request.topP, realAt(json, "top_p", 1));
    TRIMTAB_TRY(request.goOn, base::booleanAt(json, "go_on", false));
    TRIMTAB_TRY(request.besideReference, base::booleanAt(json, "beside_reference", false));
    TRIMTAB_TRY(request.chat, base::booleanAt(json, "chat", false));
    TRIMTAB_TRY(request.system, base::stringAt(json, "system", ""));
    constexpr std::int64_t kMostTokens = 1 << 20;
    if (request.tokens < 1 || request.tokens > kMostTokens)
        return fail(ErrorCode::Refused, "tokens must be 1 to " + std::to_string(kMostTokens));
    return request;
}

namespace {

Json toJson(const ReferenceText& reference) {
    Json json{{"text", reference.text}, {"tokens", reference.tokens}, {"stopped", reference.stopped}, {"common", reference.common}};
    if (reference.firstDifference) json["first_difference"] = *reference.firstDifference;
    return json;
}

Result<ReferenceText> referenceFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a text of the reference"));
    ReferenceText reference;
    TRIMTAB_TRY(reference.text, base::stringAt(json, "text", ""));
    TRIMTAB_TRY(reference.tokens, integersAt(json, "tokens"));
    TRIMTAB_TRY(reference.stopped, base::booleanAt(json, "stopped", false));
    TRIMTAB_TRY(reference.common, base::stringAt(json, "common", ""));
    if (base::memberAt(json, "first_difference")) { TRIMTAB_TRY(reference.firstDifference, base::integerAt(json, "first_difference")); }
    return reference;
}

}  // namespace

Json toJson(const GenerateAnswer& answer) {
    Json json = {{"text", answer.text},
            {"prompt_tokens", answer.promptTokens},
            {"tokens", answer.tokens},
            {"stopped", answer.stopped},
            {"first_token_ms", encode(answer.firstTokenMs)},
            {"step_ms", encode(answer.stepMs)},
            {"weight_bytes", answer.weightBytes},
            {"cache_bytes", answer.cacheBytes},
            {"arena_bytes", answer.arenaBytes},
            {"cache_bytes_per_token", answer.cacheBytesPerToken},
            {"caching", answer.caching},
            {"execution", std::string(trace::name(answer.execution))},
            {"environment", trial::toJson(answer.environment)}};
    if (answer.renderedPrompt) json["rendered_prompt"] = *answer.renderedPrompt;
    if (answer.reference) json["reference"] = toJson(*answer.reference);
    return json;
}

Result<GenerateAnswer> generateAnswerFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a generated text"));
    GenerateAnswer answer;
    TRIMTAB_TRY(answer.text, base::stringAt(json, "text", ""));
    TRIMTAB_TRY(answer.promptTokens, integersAt(json, "prompt_tokens"));
    TRIMTAB_TRY(answer.tokens, integersAt(json, "tokens"));
    TRIMTAB_TRY(answer.stopped, base::booleanAt(json, "stopped", false));
    TRIMTAB_TRY(answer.firstTokenMs, realAt(json, "first_token_ms", 0));
    TRIMTAB_TRY(answer.stepMs, trial::realsAt(json, "step_ms"));
    TRIMTAB_TRY(answer.weightBytes, base::integerAt(json, "weight_bytes", 0));
    TRIMTAB_TRY(answer.cacheBytes, base::integerAt(json, "cache_bytes", 0));
    TRIMTAB_TRY(answer.arenaBytes, base::integerAt(json, "arena_bytes", 0));
    TRIMTAB_TRY(answer.cacheBytesPerToken, base::integerAt(json, "cache_bytes_per_token", 0));
    TRIMTAB_TRY(answer.caching, base::stringAt(json, "caching", ""));
    TRIMTAB_TRY(const std::string execution, base::stringAt(json, "execution"));
    if (execution == trace::name(trace::Execution::Emulated)) answer.execution = trace::Execution::Emulated;
    TRIMTAB_TRY(answer.environment, environmentAt(json));
    if (base::memberAt(json, "rendered_prompt")) { TRIMTAB_TRY(answer.renderedPrompt, base::stringAt(json, "rendered_prompt")); }
    if (const Json* reference = base::memberAt(json, "reference")) { TRIMTAB_TRY(answer.reference, referenceFromJson(*reference)); }
    return answer;
}

}  // namespace trimtab::ipc
