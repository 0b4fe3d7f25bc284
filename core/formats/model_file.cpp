#include "core/formats/model_file.h"

#include <algorithm>

#include "core/formats/huggingface/folder.h"

namespace trimtab::formats {

Result<ModelFile> readModel(const std::filesystem::path& path, const onnx::ReadOptions& options) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(path, ignored)) {
        TRIMTAB_TRY(onnx::ReadResult read, onnx::read(path, options));
        return ModelFile{std::move(read.graph), "ONNX", std::move(read.problems), read.fileBytes};
    }
    if (!huggingface::isModelFolder(path)) return fail(ErrorCode::Refused, "is a folder without config.json", path.string());
    auto folder = huggingface::read(path, options.readWeights, options.trustLinks);
    if (!folder) {
        Error error = std::move(folder).error();
        error.context = error.context.empty() ? path.string() : (path / error.context).string();
        return fail(std::move(error));
    }
    return ModelFile{std::move(folder->graph), "Hugging Face", std::move(folder->problems), folder->fileBytes};
}

Result<std::string> modelHash(const std::filesystem::path& path) {
    if (huggingface::isModelFolder(path)) return huggingface::folderHash(path);
    return onnx::modelHash(path);
}

std::vector<std::filesystem::path> filesOf(const std::filesystem::path& path) {
    if (!huggingface::isModelFolder(path)) return {path};
    std::vector<std::filesystem::path> files;
    std::error_code ignored;
    auto entry = std::filesystem::directory_iterator(path, ignored);
    for (; !ignored && entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
        const auto name = entry->path().filename().string();
        const bool isOfModel = name == "config.json" || name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json");
        if (isOfModel) files.push_back(entry->path());
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace trimtab::formats
