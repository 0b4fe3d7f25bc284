#pragma once
// "generate": GenerateRequest → GenerateAnswer. A progress notification whose share is negative (nobody knows when a text ends) holds the
// first text so far as `what`.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ipc/messages.h"

namespace trimtab::ipc {

struct GenerateRequest {
    ModelRequest model;
    std::vector<std::string> prompts;  // texts, looked at when `promptTokens` is empty; several are gone on from side by side
    std::vector<std::vector<std::int64_t>> promptTokens;
    bool chat = false;         // each prompt is a user's message, put into words by the chat template that comes with the tokenizer
    std::string system;        // of a chat: the system's message before it; empty: none
    std::string tokenizer;     // path; empty: beside the model. Not needed for tokens that are given as such
    std::int64_t tokens = 64;  // new ones of each text at most
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

/// What the model wrote behind one prompt.
struct GeneratedText {
    std::string text;                           // of the new tokens; empty without a tokenizer
    std::optional<std::string> renderedPrompt;  // of a chat: what the template made of its messages
    std::vector<std::int64_t> promptTokens, tokens;
    bool stopped = false;  // by a token that ends a text
    std::optional<ReferenceText> reference;

    /// Tokens that steps made, one that ended the text among them.
    std::int64_t stepped() const { return std::max<std::int64_t>(static_cast<std::int64_t>(tokens.size()) + (stopped ? 1 : 0) - 1, 0); }
};

struct GenerateAnswer {
    std::vector<GeneratedText> texts;  // one a prompt
    double firstTokenMs = 0;           // of all prompts and the choice of their first tokens
    std::vector<double> stepMs;        // of each later token of all texts
    std::int64_t weightBytes = 0, cacheBytes = 0, arenaBytes = 0;  // in memory: packed for prompt and steps; the larger of both arenas
    trace::Execution execution = trace::Execution::Native;         // of the step's layers
    std::int64_t cacheBytesPerToken = 0;
    std::string caching;  // how keys and values are kept: "in place", "handed on", "recomputed"
    bool plansEachStep = false;
    trial::Environment environment;

    std::int64_t promptTokens() const;
    /// Of all texts by the second, at a step of so many milliseconds; texts that ended early count as long as they went on.
    double tokensPerSecond(double stepMs) const;
};
Json toJson(const GenerateAnswer& answer);
Result<GenerateAnswer> generateAnswerFromJson(const Json& json);

}  // namespace trimtab::ipc
