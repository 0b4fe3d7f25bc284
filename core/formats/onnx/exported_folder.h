#pragma once
// Folders that exporters of language models leave behind: which of their files is the model, and whose way of exporting that is.
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace trimtab::formats::onnx {

struct ExportedModel {
    std::filesystem::path file;
    std::string exporter;
};

/// "ONNX Runtime GenAI", where a genai_config.json names the decoder's file, or "Optimum", where model.onnx, decoder_model_merged.onnx or
/// decoder_model.onnx (the first that is there) lies in the folder or in its folder "onnx". Nothing where none does. Refused, naming what
/// to open instead, where the model is spread over several files.
Result<std::optional<ExportedModel>> exportedModel(const std::filesystem::path& folder);

}  // namespace trimtab::formats::onnx
