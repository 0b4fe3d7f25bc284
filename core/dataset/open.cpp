#include <exception>

#include <fmt/format.h>

#include "core/dataset/dataset.h"
#include "core/dataset/parts.h"

namespace trimtab::dataset {
namespace {

Result<Parts> openParts(const std::filesystem::path& path, const Graph* graph, const std::string& tokenizer) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) return fail(ErrorCode::NotFound, "there is no such file or folder", path.string());
    if (std::filesystem::is_directory(status)) {
        std::error_code ignored;
        if (std::filesystem::exists(path / "dataset.json", ignored)) return openManifest(path / "dataset.json", graph, tokenizer);
        return openFolder(path, graph);
    }
    const std::string extension = path.extension().string();
    if (extension == ".json") return openManifest(path, graph, tokenizer);
    if (extension == ".npz") return openNpz(path);
    if (extension == ".npy") return openTokens(path, graph);
    if (extension == ".csv") return openCsv(path, graph);
    if (extension == ".txt") return openText(path, graph, tokenizer);
    if (extension == ".jsonl") return openPrompts(path, graph, tokenizer);
    return fail(ErrorCode::Refused,
                "is no dataset: a folder with dataset.json, class/*.png|jpg, class/*.wav, *.wav, *.npy or *.npz, "
                "or a .json, .npz, .npy, .csv, .txt or .jsonl file is wanted",
                path.string());
}

}  // namespace

Result<std::shared_ptr<const Dataset>> open(const std::string& path, const Graph* graph, const std::string& tokenizer) {
    try {
        TRIMTAB_TRY(Parts parts, openParts(path, graph, tokenizer));
        auto dataset = assemble(std::move(parts), graph);
        if (!dataset && dataset.error().context.empty()) dataset.error().context = path;
        return dataset;
    } catch (const std::exception& error) {
        return fail(ErrorCode::Refused, fmt::format("cannot be read: {}", error.what()), path);
    }
}

}  // namespace trimtab::dataset
