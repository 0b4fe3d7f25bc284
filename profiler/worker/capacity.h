#pragma once
// What fits where the model does not.
#include <string>

#include "core/ipc/profile_request.h"
#include "core/trial/capacity.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {

/// Runs the model under each of the request's options as a whole, from an empty workbench, and leaves it empty. Cancelled.
Result<trial::Capacity> tryToFit(const ipc::ProfileRequest& request, const std::string& problem, Workbench& bench, const Call& call);

}  // namespace trimtab::worker
