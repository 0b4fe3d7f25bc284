#pragma once
// The engines of this worker, by name.
#include <memory>
#include <string>
#include <vector>

#include "core/runtime/engine.h"

namespace trimtab::worker {

/// In order of preference: "cpu", "cuda", "onnxruntime", "reference".
const std::vector<std::string>& engineNames();

/// Those that need no module and run wherever the worker does: "cpu", "reference".
const std::vector<std::string>& builtInEngineNames();

/// `threads` 0: every core this process may use. `device` empty: the engine's own first.
/// Usage for a name that is not among engineNames() and for a device of another engine; Unsupported, in one line, when the engine cannot be
/// had here: its module was not built, no driver or library, one too old, no device.
Result<std::unique_ptr<runtime::Engine>> makeEngine(const std::string& name, int threads, const std::string& device = {});

/// The engine's own beside the processor's (either_math.h), or the processor's alone.
std::unique_ptr<compress::TensorMath> tensorMathOf(runtime::Engine& engine);

}  // namespace trimtab::worker
