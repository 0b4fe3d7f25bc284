#pragma once
// The weights of a Hugging Face folder: model.safetensors, or the shards that model.safetensors.index.json lists; without both,
// pytorch_model.bin or those that pytorch_model.bin.index.json lists (core/formats/torch/torch_file.h).
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace trimtab::formats::safetensors {

struct Checkpoint {
    std::map<std::string, Tensor> tensors;  // of safetensors views of mappings, else in memory
    std::vector<std::string> files;         // names within the folder, in the order of their names
};

/// Whether the folder has one of the four.
bool hasCheckpoint(const std::filesystem::path& folder);

/// Shards are opened beneath the folder (base::openBeneath). NotFound where the folder has none of the four; Refused, naming the tensor or
/// the file, where the index and the shards disagree or a name stands in two shards.
Result<Checkpoint> readCheckpoint(const std::filesystem::path& folder, bool trustLinks = false);

}  // namespace trimtab::formats::safetensors
