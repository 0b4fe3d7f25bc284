#pragma once
// What lies beside a model: its tokenizer, and data read with its help.
#include <filesystem>
#include <string>

#include "core/dataset/dataset.h"

namespace trimtab::worker {

/// The model's folder: itself, or the one that holds its file.
std::filesystem::path folderOf(const std::string& model);

/// The folder where a tokenizer lies beside the model; empty where none does.
std::string tokenizerBeside(const std::string& model);

/// dataset::open(), text with the model's tokenizer.
Result<std::shared_ptr<const dataset::Dataset>> openData(const std::string& data, const Graph* graph, const std::string& model);

}  // namespace trimtab::worker
