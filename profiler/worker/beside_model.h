#pragma once
// What comes with a model: its tokenizer, and data read with its help.
#include <filesystem>
#include <string>

#include "core/dataset/dataset.h"

namespace trimtab::worker {

/// Where the model's tokenizer is: the model's own file where that holds one, else the folder where one lies beside it; empty where there
/// is none. For openTokenizer().
std::string tokenizerOf(const std::string& model);

/// dataset::open(), text with the model's tokenizer.
Result<std::shared_ptr<const dataset::Dataset>> openData(const std::string& data, const Graph* graph, const std::string& model);

}  // namespace trimtab::worker
