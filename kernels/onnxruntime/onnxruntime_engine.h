#pragma once
// Engine "onnxruntime": the exported form of the compressed model (core/formats/onnx/writer.h), run by ONNX Runtime.
#include <memory>

#include "core/runtime/engine.h"

namespace trimtab::onnxruntime {

/// `threads` 0: every core this process may use. `device`: "" and "cpu", "cuda:0", "tensorrt:0".
/// Unsupported, in one line, when the library is not here, too old, or built without the device's provider.
Result<std::unique_ptr<runtime::Engine>> makeOnnxRuntimeEngine(int threads, const std::string& device);

}  // namespace trimtab::onnxruntime
