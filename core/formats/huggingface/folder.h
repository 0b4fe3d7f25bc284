#pragma once
// A Hugging Face folder: config.json and safetensors, as transformers leaves a model behind. architecture.cpp lists those that are read;
// families/ holds a file for each kind.
#include <filesystem>
#include <string>

#include "core/graph/graph.h"

namespace trimtab::formats::huggingface {

/// Whether the path is a folder with a config.json.
bool isModelFolder(const std::filesystem::path& path);

struct Folder {
    Graph graph;                        // shapes as declared, not yet inferred
    std::int64_t fileBytes = 0;         // of the config and the tensors
    std::vector<std::string> problems;  // what of the config is read in part alone, and tensors that the graph has no place for
};

/// `readWeights` false: constants get their type alone. Unsupported or Refused, with the reason.
Result<Folder> read(const std::filesystem::path& path, bool readWeights = true, bool trustLinks = false);

/// The same from a config.json alone (the file, or a folder that holds it): weights are drawn from the seed.
Result<Folder> readRandom(const std::filesystem::path& path, std::uint64_t seed, bool readWeights = true, bool trustLinks = false);
/// The identity of such a model: SHA-256 over the config and the seed.
Result<std::string> randomHash(const std::filesystem::path& path, std::uint64_t seed);

/// SHA-256 over config.json and, by name and content, the files of tensors.
Result<std::string> folderHash(const std::filesystem::path& path);

}  // namespace trimtab::formats::huggingface
