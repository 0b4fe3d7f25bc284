#include "core/formats/model_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/formats/gguf/gguf.h"
#include "core/formats/gguf/model.h"
#include "core/formats/huggingface/end_tokens.h"
#include "core/formats/huggingface/folder.h"
#include "core/formats/onnx/exported_folder.h"
#include "core/formats/safetensors/checkpoint.h"
#include "core/formats/torch/torch_file.h"

namespace trimtab::formats {

namespace {

/// By its name or its content: a broken one is refused as what it should be.
bool isGgufFile(const std::filesystem::path& path) { return path.extension() == ".gguf" || gguf::isGguf(path); }

/// Names the model beside the file that an error names.
Error placed(Error error, const std::filesystem::path& path) {
    error.context = error.context.empty() ? path.string() : (path / error.context).string();
    return error;
}

bool holdsTensors(const std::string& name) {
    const bool isOfTorch = name.starts_with("pytorch_model") && (name.ends_with(".bin") || name.ends_with(".bin.index.json"));
    return name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json") || isOfTorch;
}

/// The files of a folder that hold its tensors, in order of their names.
std::vector<std::filesystem::path> tensorFiles(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code ignored;
    auto entry = std::filesystem::directory_iterator(folder, ignored);
    for (; !ignored && entry != std::filesystem::directory_iterator(); entry.increment(ignored))
        if (holdsTensors(entry->path().filename().string())) files.push_back(entry->path());
    std::ranges::sort(files);
    return files;
}

/// The ONNX file that an exporter left in a folder; a checkpoint that lies beside it comes first.
Result<std::optional<onnx::ExportedModel>> exportedIn(const std::filesystem::path& path) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored) || safetensors::hasCheckpoint(path)) return std::optional<onnx::ExportedModel>();
    auto exported = onnx::exportedModel(path);
    if (!exported) return fail(placed(std::move(exported).error(), path));
    return exported;
}

ModelFile modelFile(onnx::ReadResult read, std::string format) {
    return {std::move(read.graph), std::move(format), std::move(read.problems), read.fileBytes};
}

Result<ModelFile> readRandom(const std::filesystem::path& path, const onnx::ReadOptions& options) {
    if (!huggingface::isModelFolder(path) && path.extension() != ".json")
        return fail(ErrorCode::Usage, "random weights are drawn for a config.json or a folder with one", path.string());
    auto made = huggingface::readRandom(path, *options.randomWeights, options.readWeights, options.trustLinks);
    if (!made) return fail(placed(std::move(made).error(), path));
    return ModelFile{std::move(made->graph), fmt::format("Hugging Face configuration, random weights (seed {})", *options.randomWeights),
                     std::move(made->problems), made->fileBytes};
}

}  // namespace

Result<ModelFile> readModel(const std::filesystem::path& path, const onnx::ReadOptions& options) {
    if (options.randomWeights) return readRandom(path, options);
    if (path.filename() == "config.json")
        return fail(ErrorCode::Refused, "is a configuration without weights: name its folder, or have weights drawn with --random-weights",
                    path.string());
    if (torch::isNamedAsTorch(path)) return fail(torch::refusalOf(path));
    std::error_code ignored;
    if (isGgufFile(path)) {
        auto read = gguf::readModel(path, options.readWeights);
        if (!read) return fail(placed(std::move(read).error(), path));
        return ModelFile{std::move(read->graph), "GGUF", std::move(read->problems), read->fileBytes};
    }
    if (!std::filesystem::is_directory(path, ignored)) {
        TRIMTAB_TRY(onnx::ReadResult read, onnx::read(path, options));
        return modelFile(std::move(read), "ONNX");
    }
    TRIMTAB_TRY(const auto exported, exportedIn(path));
    if (exported) {
        TRIMTAB_TRY(onnx::ReadResult read, onnx::readBeneath(path, exported->file, options));
        return modelFile(std::move(read), exported->exporter.empty() ? "ONNX" : fmt::format("ONNX, as {} exports it", exported->exporter));
    }
    if (!huggingface::isModelFolder(path))
        return fail(ErrorCode::Refused,
                    "is a folder without config.json, and without an ONNX file as Optimum and ONNX Runtime GenAI name it", path.string());
    auto folder = huggingface::read(path, options.readWeights, options.trustLinks);
    if (!folder) return fail(placed(std::move(folder).error(), path));
    return ModelFile{std::move(folder->graph), "Hugging Face", std::move(folder->problems), folder->fileBytes};
}

Result<std::string> modelHash(const std::filesystem::path& path, std::optional<std::uint64_t> randomWeights) {
    if (randomWeights) return huggingface::randomHash(path, *randomWeights);
    TRIMTAB_TRY(const auto exported, exportedIn(path));
    if (exported) return onnx::modelHash(path / exported->file);
    if (huggingface::isModelFolder(path)) return huggingface::folderHash(path);
    if (isGgufFile(path)) return base::sha256File(path);
    return onnx::modelHash(path);
}

std::filesystem::path folderOf(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::is_directory(path, ignored) ? path : path.parent_path();
}

Result<std::vector<std::int64_t>> endTokens(const std::filesystem::path& path) {
    if (!isGgufFile(path)) return huggingface::endTokens(folderOf(path));
    auto tokens = gguf::endTokens(path);
    if (!tokens) return fail(placed(std::move(tokens).error(), path));
    return tokens;
}

Result<std::int64_t> startToken(const std::filesystem::path& path) {
    TRIMTAB_TRY(const auto token, huggingface::startToken(folderOf(path)));
    if (!token)
        return fail(ErrorCode::Refused, "no file beside it (generation_config.json, config.json) names what its decoder begins with "
                                        "(decoder_start_token_id)", path.string());
    return *token;
}

std::vector<std::filesystem::path> filesOf(const std::filesystem::path& path, std::optional<std::uint64_t> randomWeights) {
    const bool isFolder = huggingface::isModelFolder(path);
    if (randomWeights) return {isFolder ? path / "config.json" : path};
    if (const auto exported = exportedIn(path); exported && *exported) return onnx::filesOf(path / (*exported)->file);
    if (!isFolder) return isGgufFile(path) ? std::vector{path} : onnx::filesOf(path);
    std::vector<std::filesystem::path> files = tensorFiles(path);
    files.insert(files.begin(), path / "config.json");
    return files;
}

}  // namespace trimtab::formats
