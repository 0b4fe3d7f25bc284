#include "core/formats/onnx/exported_folder.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/file.h"
#include "core/base/json.h"

namespace trimtab::formats::onnx {
namespace {

using Found = Result<std::optional<ExportedModel>>;

/// Whether the folder has the file. Refused where a link leads elsewhere.
Result<bool> holds(const std::filesystem::path& folder, const std::string& name) {
    const auto opened = base::openBeneath(folder, name, true);
    if (opened) {
        TRIMTAB_REQUIRE(base::MappedFile::adopt(*opened, name));
        return true;
    }
    if (opened.error().code == ErrorCode::NotFound) return false;
    return fail(opened.error());
}

/// A name that stays in its folder.
bool isPlainName(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && std::filesystem::path(name).filename() == name;
}

Error spread(const std::vector<std::string>& files) {
    return {ErrorCode::Refused, fmt::format("is a model in several files: open one of {}", fmt::join(files, ", ")), {}};
}

/// The files that the stages of a pipeline name.
std::vector<std::string> stageFiles(const Json& pipeline) {
    std::vector<std::string> files;
    for (const Json& stages : pipeline.is_array() ? pipeline : Json::array({pipeline}))
        if (stages.is_object())
            for (const auto& [stage, settings] : stages.items())
                if (const auto file = base::stringAt(settings, "filename", ""); file && !file->empty()) files.push_back(*file);
    return files;
}

Found ofGenAi(const std::filesystem::path& folder) {
    TRIMTAB_TRY(const Json config, base::readJsonFile((folder / kGenAiConfig).string(), kLongestConfig));
    const Json* const model = config.is_object() ? base::memberAt(config, "model") : nullptr;
    const Json* const decoder = model && model->is_object() ? base::memberAt(*model, "decoder") : nullptr;
    if (!decoder || !decoder->is_object()) return fail(ErrorCode::Refused, "names no decoder (model.decoder)", kGenAiConfig);
    if (const Json* const pipeline = base::memberAt(*decoder, "pipeline")) return fail(spread(stageFiles(*pipeline)));
    auto name = base::stringAt(*decoder, "filename", "model.onnx");
    if (!name) {
        name.error().context = kGenAiConfig;
        return fail(std::move(name).error());
    }
    if (!isPlainName(*name))
        return fail(ErrorCode::Refused, fmt::format("model.decoder.filename \"{}\" is no name of a file in its folder", *name),
                    kGenAiConfig);
    std::vector<std::string> files{*name};
    for (const char* part : {"encoder", "vision", "speech", "embedding"})
        if (const Json* const settings = base::memberAt(*model, part); settings && settings->is_object())
            if (const auto file = base::stringAt(*settings, "filename", part); file) files.push_back(*file);
    if (files.size() > 1) return fail(spread(files));
    return ExportedModel{*name, "ONNX Runtime GenAI"};
}

/// The other files that the model of `chosen` needs: an encoder, a vision tower, embeddings, or the half of a decoder that keeps caches.
std::vector<std::string> otherParts(const std::filesystem::path& folder, const std::string& prefix, const std::string& chosen) {
    std::vector<std::string> parts;
    std::error_code ignored;
    auto entry = std::filesystem::directory_iterator(folder / prefix, ignored);
    for (; !ignored && entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
        const std::string name = entry->path().filename().string();
        if (!name.ends_with(".onnx") || name == chosen) continue;
        const bool isPart = std::ranges::any_of(std::array{"encoder", "vision", "embed_tokens"},
                                                [&](const char* word) { return name.find(word) != std::string::npos; });
        if (isPart || (chosen == "decoder_model.onnx" && name == "decoder_with_past_model.onnx")) parts.push_back(prefix + name);
    }
    std::ranges::sort(parts);
    return parts;
}

Found named(const std::filesystem::path& folder, const std::string& prefix) {
    for (const std::string name : {"model.onnx", "decoder_model_merged.onnx", "decoder_model.onnx"}) {
        TRIMTAB_TRY(const bool isThere, holds(folder, prefix + name));
        if (!isThere) continue;
        std::vector<std::string> files = otherParts(folder, prefix, name);
        if (!files.empty()) {
            files.push_back(prefix + name);
            return fail(spread(files));
        }
        std::error_code ignored;
        const bool isOptimums =
            std::filesystem::exists(folder / "config.json", ignored) || std::filesystem::exists(folder / prefix / "config.json", ignored);
        return ExportedModel{prefix + name, isOptimums ? "Optimum" : ""};
    }
    return std::nullopt;
}

}  // namespace

Found exportedModel(const std::filesystem::path& folder) {
    TRIMTAB_TRY(const bool isGenAis, holds(folder, kGenAiConfig));
    if (isGenAis) return ofGenAi(folder);
    TRIMTAB_TRY(auto beside, named(folder, ""));
    if (beside) return beside;
    return named(folder, "onnx/");
}

}  // namespace trimtab::formats::onnx
