#include "core/ipc/generate_request.h"
#include "core/ipc/json_fields.h"

namespace trimtab::ipc {

Json toJson(const GenerateRequest& request) {
    return {{"model", toJson(request.model)}, {"prompts", request.prompts},    {"prompt_tokens", request.promptTokens},
            {"tokenizer", request.tokenizer}, {"tokens", request.tokens},      {"temperature", encode(request.temperature)},
            {"top_k", request.topK},          {"top_p", encode(request.topP)}, {"go_on", request.goOn},
            {"beside_reference", request.besideReference}, {"chat", request.chat}, {"system", request.system}};
}

namespace {

Result<std::vector<std::vector<std::int64_t>>> tokenListsAt(const Json& json) {
    std::vector<std::vector<std::int64_t>> lists;
    const Json* member = base::memberAt(json, "prompt_tokens");
    for (const Json& list : member ? *member : Json::array()) {
        TRIMTAB_TRY(auto tokens, integersAt(Json{{"prompt_tokens", list}}, "prompt_tokens"));
        lists.push_back(std::move(tokens));
    }
    return lists;
}

}  // namespace

Result<GenerateRequest> generateRequestFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a request to generate"));
    GenerateRequest request;
    TRIMTAB_TRY(request.model, modelRequestAt(json, "model"));
    TRIMTAB_TRY(request.prompts, stringsAt(json, "prompts"));
    TRIMTAB_TRY(request.promptTokens, tokenListsAt(json));
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

Json toJson(const GeneratedText& text) {
    Json json{{"text", text.text}, {"prompt_tokens", text.promptTokens}, {"tokens", text.tokens}, {"stopped", text.stopped}};
    if (text.renderedPrompt) json["rendered_prompt"] = *text.renderedPrompt;
    if (text.reference) json["reference"] = toJson(*text.reference);
    return json;
}

Result<GeneratedText> textFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "a generated text"));
    GeneratedText text;
    TRIMTAB_TRY(text.text, base::stringAt(json, "text", ""));
    TRIMTAB_TRY(text.promptTokens, integersAt(json, "prompt_tokens"));
    TRIMTAB_TRY(text.tokens, integersAt(json, "tokens"));
    TRIMTAB_TRY(text.stopped, base::booleanAt(json, "stopped", false));
    if (base::memberAt(json, "rendered_prompt")) { TRIMTAB_TRY(text.renderedPrompt, base::stringAt(json, "rendered_prompt")); }
    if (const Json* reference = base::memberAt(json, "reference")) { TRIMTAB_TRY(text.reference, referenceFromJson(*reference)); }
    return text;
}

}  // namespace

std::int64_t GenerateAnswer::promptTokens() const {
    std::int64_t sum = 0;
    for (const GeneratedText& text : texts) sum += static_cast<std::int64_t>(text.promptTokens.size());
    return sum;
}

double GenerateAnswer::tokensPerSecond(double oneStepMs) const {
    std::int64_t stepped = 0;
    for (const GeneratedText& text : texts) stepped += text.stepped();
    if (stepMs.empty() || !(oneStepMs > 0)) return 0;
    return 1000 * static_cast<double>(stepped) / static_cast<double>(stepMs.size()) / oneStepMs;
}

Json toJson(const GenerateAnswer& answer) {
    Json texts = Json::array();
    for (const GeneratedText& text : answer.texts) texts.push_back(toJson(text));
    return {{"texts", std::move(texts)},
            {"first_token_ms", encode(answer.firstTokenMs)},
            {"step_ms", encode(answer.stepMs)},
            {"weight_bytes", answer.weightBytes},
            {"cache_bytes", answer.cacheBytes},
            {"arena_bytes", answer.arenaBytes},
            {"cache_bytes_per_token", answer.cacheBytesPerToken},
            {"caching", answer.caching},
            {"plans_each_step", answer.plansEachStep},
            {"execution", std::string(trace::name(answer.execution))},
            {"environment", trial::toJson(answer.environment)}};
}

Result<GenerateAnswer> generateAnswerFromJson(const Json& json) {
    TRIMTAB_REQUIRE(requireObject(json, "generated texts"));
    GenerateAnswer answer;
    const Json* texts = base::memberAt(json, "texts");
    if (!texts || !texts->is_array() || texts->empty()) return fail(ErrorCode::Failed, "the answer holds no text");
    for (const Json& told : *texts) {
        TRIMTAB_TRY(GeneratedText text, textFromJson(told));
        answer.texts.push_back(std::move(text));
    }
    TRIMTAB_TRY(answer.firstTokenMs, realAt(json, "first_token_ms", 0));
    TRIMTAB_TRY(answer.stepMs, trial::realsAt(json, "step_ms"));
    TRIMTAB_TRY(answer.weightBytes, base::integerAt(json, "weight_bytes", 0));
    TRIMTAB_TRY(answer.cacheBytes, base::integerAt(json, "cache_bytes", 0));
    TRIMTAB_TRY(answer.arenaBytes, base::integerAt(json, "arena_bytes", 0));
    TRIMTAB_TRY(answer.cacheBytesPerToken, base::integerAt(json, "cache_bytes_per_token", 0));
    TRIMTAB_TRY(answer.caching, base::stringAt(json, "caching", ""));
    TRIMTAB_TRY(answer.plansEachStep, base::booleanAt(json, "plans_each_step", false));
    TRIMTAB_TRY(const std::string execution, base::stringAt(json, "execution"));
    if (execution == trace::name(trace::Execution::Emulated)) answer.execution = trace::Execution::Emulated;
    TRIMTAB_TRY(answer.environment, environmentAt(json));
    return answer;
}

}  // namespace trimtab::ipc
