#pragma once
// The methods of the worker protocol (core/ipc/messages.h states what they take and give); one file each.
#include "profiler/worker/call.h"

namespace trimtab::worker {

Result<Json> info(const Json& params, Workbench& bench, const Call& call);
Result<Json> dataset(const Json& params, Workbench& bench, const Call& call);
Result<Json> run(const Json& params, Workbench& bench, const Call& call);
Result<Json> bench(const Json& params, Workbench& workbench, const Call& call);
Result<Json> plan(const Json& params, Workbench& bench, const Call& call);
Result<Json> eval(const Json& params, Workbench& bench, const Call& call);
Result<Json> sensitivity(const Json& params, Workbench& bench, const Call& call);
Result<Json> fidelity(const Json& params, Workbench& bench, const Call& call);
Result<Json> generate(const Json& params, Workbench& bench, const Call& call);
Result<Json> phases(const Json& params, Workbench& bench, const Call& call);
Result<Json> profile(const Json& params, Workbench& bench, const Call& call);
Result<Json> compress(const Json& params, Workbench& bench, const Call& call);
Result<Json> conformance(const Json& params, Workbench& bench, const Call& call);
Result<Json> devices(const Json& params, Workbench& bench, const Call& call);
Result<Json> selftest(const Json& params, Workbench& bench, const Call& call);

}  // namespace trimtab::worker
