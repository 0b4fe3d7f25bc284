#pragma once
// A language model's prefill or decode as a run: tokens are drawn from the setting's seed.
#include "profiler/worker/timed_run.h"

namespace trimtab::worker {

/// REQUIRES: the setting has a prompt. Where it generates too, a run is one step of every sequence; steps go on to the setting's number
/// behind a prompt that is read ahead of them, then begin again. Errors as of runtime::makeDecoder.
Result<std::shared_ptr<TimedRun>> phaseRun(const ipc::ModelRequest& request, Workbench& bench, const Call& call);

}  // namespace trimtab::worker
