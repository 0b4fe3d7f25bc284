#include "core/formats/onnx/exported_folder.h"

#include <fmt/format.h>

#include "core/base/json.h"

namespace trimtab::formats::onnx {
namespace {

constexpr const char* kGenAi = "genai_config.json";
constexpr std::int64_t kLongestConfig = 4 << 20;

bool isFile(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored);
}

/// A name that stays in its folder.
bool isPlainName(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && std::filesystem::path(name).filename() == name;
}

Result<std::optional<ExportedModel>> ofGenAi(const std::filesystem::path& folder) {
    TRIMTAB_TRY(const Json config, base::readJsonFile((folder / kGenAi).string(), kLongestConfig));
    const Json* const model = config.is_object() ? base::memberAt(config, "model") : nullptr;
    const Json* const decoder = model && model->is_object() ? base::memberAt(*model, "decoder") : nullptr;
    if (!decoder || !decoder->is_object()) return fail(ErrorCode::Refused, "names no decoder (model.decoder)", kGenAi);
    if (base::memberAt(*decoder, "pipeline"))
        return fail(ErrorCode::Refused, "its decoder is a pipeline of several files: open one of them (model.decoder.pipeline)", kGenAi);
    auto name = base::stringAt(*decoder, "filename", "model.onnx");
    if (!name) {
        name.error().context = kGenAi;
        return fail(std::move(name).error());
    }
    if (!isPlainName(*name))
        return fail(ErrorCode::Refused, fmt::format("model.decoder.filename \"{}\" is no name of a file in its folder", *name), kGenAi);
    return ExportedModel{folder / *name, "ONNX Runtime GenAI"};
}

Result<std::optional<ExportedModel>> ofOptimum(const std::filesystem::path& folder) {
    for (const char* name : {"model.onnx", "decoder_model_merged.onnx", "decoder_model.onnx"}) {
        if (!isFile(folder / name)) continue;
        if (isFile(folder / "encoder_model.onnx"))
            return fail(ErrorCode::Refused,
                        fmt::format("its encoder and its decoder are files of their own: open encoder_model.onnx or {}", name));
        return ExportedModel{folder / name, "Optimum"};
    }
    return std::nullopt;
}

}  // namespace

Result<std::optional<ExportedModel>> exportedModel(const std::filesystem::path& folder) {
    if (isFile(folder / kGenAi)) return ofGenAi(folder);
    TRIMTAB_TRY(auto beside, ofOptimum(folder));
    if (beside) return beside;
    return ofOptimum(folder / "onnx");
}

}  // namespace trimtab::formats::onnx
