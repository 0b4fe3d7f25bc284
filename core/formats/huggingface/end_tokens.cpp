#include "core/formats/huggingface/end_tokens.h"

#include "core/base/json.h"
#include "core/formats/onnx/exported_folder.h"

namespace trimtab::formats::huggingface {
namespace {

using onnx::kGenAiConfig;
using onnx::kLongestConfig;

Result<std::vector<std::int64_t>> tokensOf(const Json& member, const std::string& file, const std::string& field) {
    std::vector<std::int64_t> tokens;
    const Json list = member.is_array() ? member : Json::array({member});
    for (const Json& token : list) {
        if (!token.is_number_integer()) return fail(ErrorCode::Refused, field + " must be a token or a list of tokens", file);
        tokens.push_back(token.get<std::int64_t>());
    }
    return tokens;
}

/// What a file says for its model: ONNX Runtime GenAI has a member for that.
const Json* saidIn(const Json& json, const std::string& file, const std::string& field) {
    const Json* said = file == kGenAiConfig && json.is_object() ? base::memberAt(json, "model") : &json;
    return said && said->is_object() ? base::memberAt(*said, field) : nullptr;
}

/// Of the first file that has the field.
Result<std::vector<std::int64_t>> tokensIn(const std::filesystem::path& folder, const std::string& field) {
    for (const char* name : {"generation_config.json", "config.json", kGenAiConfig}) {
        std::error_code ignored;
        const auto file = folder / name;
        if (!std::filesystem::is_regular_file(file, ignored)) continue;
        TRIMTAB_TRY(const Json json, base::readJsonFile(file.string(), kLongestConfig));
        const Json* member = saidIn(json, name, field);
        if (member && !member->is_null()) return tokensOf(*member, name, field);
    }
    return std::vector<std::int64_t>{};
}

}  // namespace

Result<std::vector<std::int64_t>> endTokens(const std::filesystem::path& folder) { return tokensIn(folder, "eos_token_id"); }

Result<std::optional<std::int64_t>> startToken(const std::filesystem::path& folder) {
    TRIMTAB_TRY(const auto tokens, tokensIn(folder, "decoder_start_token_id"));
    if (tokens.size() > 1) return fail(ErrorCode::Refused, "decoder_start_token_id must be one token", folder.string());
    return tokens.empty() ? std::optional<std::int64_t>() : std::optional(tokens.front());
}

}  // namespace trimtab::formats::huggingface
