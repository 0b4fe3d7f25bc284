#pragma once
// Folders that exporters of language models leave behind: which of their files is the model, and whose way of exporting that is.
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace trimtab::formats::onnx {

/// ONNX Runtime GenAI's description of a folder, and the longest that is read.
inline constexpr const char* kGenAiConfig = "genai_config.json";
inline constexpr std::int64_t kLongestConfig = 4 << 20;

struct ExportedModel {
    std::string file;      // within the folder: "onnx/model.onnx"
    std::string exporter;  // empty where nothing says whose it is
};

/// "ONNX Runtime GenAI", where a genai_config.json names the decoder's file. Else model.onnx, decoder_model_merged.onnx or
/// decoder_model.onnx, the first that is there, in the folder or in its folder "onnx"; with a config.json beside, as Optimum leaves them.
/// Nothing where none is there. Refused: files that links lead out of the folder (base::openBeneath), and models of several files, naming
/// those.
Result<std::optional<ExportedModel>> exportedModel(const std::filesystem::path& folder);

}  // namespace trimtab::formats::onnx
