#include "profiler/worker/beside_model.h"

namespace trimtab::worker {

std::filesystem::path folderOf(const std::string& model) {
    std::error_code ignored;
    const std::filesystem::path path(model);
    return std::filesystem::is_directory(path, ignored) ? path : path.parent_path();
}

std::string tokenizerBeside(const std::string& model) {
    const auto folder = folderOf(model);
    std::error_code ignored;
    for (const char* name : {"tokenizer.json", "tokenizer.model"})
        if (std::filesystem::exists(folder / name, ignored)) return folder.string();
    return {};
}

Result<std::shared_ptr<const dataset::Dataset>> openData(const std::string& data, const Graph* graph, const std::string& model) {
    return dataset::open(data, graph, model.empty() ? std::string() : tokenizerBeside(model));
}

}  // namespace trimtab::worker
