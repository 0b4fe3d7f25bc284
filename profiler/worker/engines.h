#pragma once
// The engines of this worker, by name.
#include <memory>
#include <string>
#include <vector>

#include "core/runtime/engine.h"

namespace trimtab::worker {

/// In order of preference: "cpu", "reference".
const std::vector<std::string>& engineNames();

/// `threads` 0: every core this process may use. Usage for a name that is not among engineNames().
Result<std::unique_ptr<runtime::Engine>> makeEngine(const std::string& name, int threads);

}  // namespace trimtab::worker
