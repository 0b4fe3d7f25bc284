#pragma once
// Moves large initializers out of a model into a file beside it.
#include <filesystem>

#include "core/formats/onnx/schema.h"

namespace trimtab::formats::onnx {

/// Writes the raw data of initializers of 1 KiB and more to `path`, each at a multiple of 4096, and leaves
/// references in the model. Returns the bytes written.
Result<std::int64_t> moveInitializersOut(::onnx::GraphProto& graph, const std::filesystem::path& path);

}  // namespace trimtab::formats::onnx
