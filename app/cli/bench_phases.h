#pragma once
// `trimtab bench MODEL --prompt N --generate N`: prefill and decode of a language model.
#include "app/cli/program.h"
#include "core/ipc/phases_request.h"

namespace trimtab::cli {

/// Times the phases in a worker and prints them.
Status benchPhases(Program& program, const ipc::PhasesRequest& request);

}  // namespace trimtab::cli
