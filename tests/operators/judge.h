#pragma once
// ONNX Runtime as the judge of single operators.
#include <memory>

#include "core/runtime/engine.h"

namespace trimtab::operators {

/// ONNX Runtime on the CPU without its graph optimisations, or why it cannot be had (no module in this build, no library found).
Result<std::shared_ptr<runtime::Engine>> onnxRuntime();

}  // namespace trimtab::operators
