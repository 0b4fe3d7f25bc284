#pragma once
// A model from wherever it lies: an ONNX file, a folder with one as an exporter leaves it, a Hugging Face folder or a GGUF file.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/formats/onnx/reader.h"

namespace trimtab::formats {

struct ModelFile {
    Graph graph;         // shapes as declared (not yet inferred)
    std::string format;  // "ONNX", "ONNX, as Optimum exports it", "Hugging Face", "GGUF"
    std::vector<std::string> problems;
    std::int64_t fileBytes = 0;
};

Result<ModelFile> readModel(const std::filesystem::path& path, const onnx::ReadOptions& options = {});

/// The identity of a model: SHA-256 over all of its files, and the seed of weights that are drawn.
Result<std::string> modelHash(const std::filesystem::path& path, std::optional<std::uint64_t> randomWeights = {});

/// The model's folder: itself, or the one that holds its file.
std::filesystem::path folderOf(const std::filesystem::path& path);

/// Which tokens end a text: as a GGUF file says it itself, as the files beside other models say it. Empty where nothing says so.
Result<std::vector<std::int64_t>> endTokens(const std::filesystem::path& path);
/// What the decoder of an encoder-decoder begins with. Refused where no file beside the model says so.
Result<std::int64_t> startToken(const std::filesystem::path& path);

/// The files whose change makes another model of it; where its weights are drawn, the configuration alone.
std::vector<std::filesystem::path> filesOf(const std::filesystem::path& path, std::optional<std::uint64_t> randomWeights = {});

}  // namespace trimtab::formats
