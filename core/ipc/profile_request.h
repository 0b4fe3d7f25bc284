#pragma once
// "profile": ProfileRequest → ProfileAnswer. Runs with and without the recording take turns; then the engine's ceilings are measured.
#include <map>
#include <string>
#include <string_view>

#include "core/explain/advice.h"
#include "core/ipc/messages.h"
#include "core/trace/profile.h"
#include "core/trial/capacity.h"
#include "core/trial/layer_trial.h"
#include "core/trial/reordering.h"

namespace trimtab::ipc {

struct ProfileRequest {
    ModelRequest model;  // where its setting has a prompt, the prompt or a step behind it is what runs
    std::map<std::string, std::string> inputFiles;
    double seconds = 2.0;   // of timing
    bool counters = false;  // read the processor's counters
    std::vector<trial::SensitivityOption> options;  // to be tried on each unit of layers alone
};
Json toJson(const ProfileRequest& request);
Result<ProfileRequest> profileRequestFromJson(const Json& json);

struct ProfileAnswer {
    trace::Profile profile;    // without a run where the model does not fit
    trial::Capacity capacity;  // asked only where options are
    std::vector<trial::LayerTrial> trials;  // of the options, unit after unit
    std::string noTrials;                   // why there are none though there are options
    std::int64_t batch = 1;
    /// Time of a run of explain::kLargerBatch times the batch over that of one, in turns; 0: it was not measured.
    base::Estimate largerBatch;
    std::string noLargerBatch;  // why there is none
    trial::Reordering reordering;
    std::vector<trial::Removal> removals;
    std::int64_t weightBytes = 0, arenaBytes = 0;
    trial::Environment environment;
};
Json toJsonWithoutTrace(const ProfileAnswer& answer);
/// `trace`: packed (core/trace/trace_codec.h).
Result<ProfileAnswer> profileAnswerFromJson(const Json& json, std::string_view trace);
/// The trace stands in it packed, as base64.
Json toJson(const ProfileAnswer& answer);
Result<ProfileAnswer> profileAnswerFromJson(const Json& json);

}  // namespace trimtab::ipc
