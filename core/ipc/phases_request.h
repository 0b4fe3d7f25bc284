#pragma once
// "phases": PhasesRequest → PhasesAnswer. A language model timed as it is used: a prompt of seeded tokens read at once (prefill), then one
// token of every sequence at a time (decode), in rounds until the time is up.
#include <string>
#include <vector>

#include "core/ipc/messages.h"

namespace trimtab::ipc {

struct PhasesRequest {
    ModelRequest model;          // its setting's batch: sequences side by side, 0 for one
    std::int64_t prompt = 512;   // tokens of each sequence
    std::int64_t generate = 64;  // steps of a round
    double seconds = 2.0;        // of timing; three rounds at least
};
Json toJson(const PhasesRequest& request);
Result<PhasesRequest> phasesRequestFromJson(const Json& json);

struct PhasesAnswer {
    std::vector<double> prefillMs;            // by round
    std::vector<std::vector<double>> stepMs;  // by round
    std::int64_t batch = 1, prompt = 0, generate = 0;
    std::vector<trace::LayerRecord> layers;  // of a step, with times
    // In memory: weights as packed for prompt and steps, the larger of both arenas.
    std::int64_t weightBytes = 0, cacheBytes = 0, cacheBytesPerToken = 0, arenaBytes = 0;
    std::string caching;  // as in GenerateAnswer
    bool plansEachStep = false;
    bool throttled = false;
    trial::Environment environment;
};
Json toJson(const PhasesAnswer& answer);
Result<PhasesAnswer> phasesAnswerFromJson(const Json& json);

}  // namespace trimtab::ipc
