#pragma once
// A GGUF file as a model: the graph of a Hugging Face folder (huggingface/families/rotary_decoder.h), its weights as the file holds them.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::formats::gguf {

struct Model {
    Graph graph;                        // shapes as declared, not yet inferred
    std::int64_t fileBytes = 0;
    std::vector<std::string> problems;  // tensors that the graph has no place for, and those that are not computed with as they are stored
};

/// `readWeights` false: constants get their type alone. Unsupported or Refused, with the reason.
Result<Model> readModel(const std::filesystem::path& path, bool readWeights = true);

/// The tokens that end a text or a turn, as the metadata name them.
Result<std::vector<std::int64_t>> endTokens(const std::filesystem::path& path);

}  // namespace trimtab::formats::gguf
