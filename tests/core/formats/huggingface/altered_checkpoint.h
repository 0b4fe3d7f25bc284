#pragma once
// A folder that is read, altered and written again: for what readers must say of it.
#include <filesystem>
#include <map>
#include <string>

#include "core/base/json.h"
#include "core/tensor/tensor.h"

namespace trimtab::formats::huggingface {

struct AlteredCheckpoint {
    Json config;
    std::map<std::string, Tensor> tensors;

    /// REQUIRES: a folder with config.json and model.safetensors.
    explicit AlteredCheckpoint(const std::filesystem::path& folder);
    void write(const std::filesystem::path& folder) const;
    Json& quantization() { return config["quantization_config"]; }
};

}  // namespace trimtab::formats::huggingface
