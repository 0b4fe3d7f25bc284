#include "profiler/worker/beside_model.h"

#include "core/dataset/tokenizers/tokenizer.h"
#include "core/formats/model_file.h"

namespace trimtab::worker {

std::string tokenizerOf(const std::string& model) {
    if (dataset::tokenizers::isInModelFile(model)) return model;
    const auto folder = formats::folderOf(model);
    std::error_code ignored;
    for (const char* name : {"tokenizer.json", "tokenizer.model"})
        if (std::filesystem::exists(folder / name, ignored)) return folder.string();
    return {};
}

Result<std::shared_ptr<const dataset::Dataset>> openData(const std::string& data, const Graph* graph, const std::string& model) {
    return dataset::open(data, graph, model.empty() ? std::string() : tokenizerOf(model));
}

}  // namespace trimtab::worker
