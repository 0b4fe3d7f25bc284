#pragma once
// "generate": GenerateRequest → GenerateAnswer. A progress notification whose share is negative (nobody knows when a text ends) holds the
// text so far as `what`.
#include <optional>
#include <string>
#include <vector>

#include "core/ipc/messages.h"

namespace trimtab::ipc {

struct GenerateRequest {
    ModelRequest model;
    std::string prompt;  // text, looked at when `promptTokens` is empty
    std::vector<std::int64_t> promptTokens;
    bool chat = false;         // the prompt is a user's message, put into words by the chat template that comes with the tokenizer
    std::string system;        // of a chat: the system's message before it; empty: none
    std::string tokenizer;     // path; empty: beside the model. Not needed for tokens that are given as such
    std::int64_t tokens = 64;  // new ones at most
    double temperature = 0;    // 0: greedy
    std::int64_t topK = 0;     // 0: of all tokens
    double topP = 1;
    bool goOn = false;  // past the tokens that end a text
    bool besideReference = false;  // the same from the model as it is stored too
};
Json toJson(const GenerateRequest& request);
Result<GenerateRequest> generateRequestFromJson(const Json& json);

/// The same prompt through the model as it is stored.
struct ReferenceText {
    std::string text;
    std::vector<std::int64_t> tokens;
    bool stopped = false;
    std::optional<std::int64_t> firstDifference;  // index of the first new token that is another, or that one text has and the other lacks
    std::string common;                           // text of the tokens before it
};

struct GenerateAnswer {
    std::string text;  // of the new tokens; empty without a tokenizer
    std::optional<std::string> renderedPrompt;  // of a chat: what the template made of its messages
    std::vector<std::int64_t> promptTokens, tokens;
    bool stopped = false;        // by a token that ends a text
    double firstTokenMs = 0;     // of the prompt and the choice of the first token
    std::vector<double> stepMs;  // of each later token
    std::int64_t weightBytes = 0, cacheBytes = 0, arenaBytes = 0;  // in memory: packed for prompt and steps; the larger of both arenas
    trace::Execution execution = trace::Execution::Native;         // of the step's layers
    std::int64_t cacheBytesPerToken = 0;
    std::string caching;  // how keys and values are kept: "in place", "handed on", "recomputed"
    trial::Environment environment;
    std::optional<ReferenceText> reference;
};
Json toJson(const GenerateAnswer& answer);
Result<GenerateAnswer> generateAnswerFromJson(const Json& json);

}  // namespace trimtab::ipc
