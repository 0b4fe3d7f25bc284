#include "core/formats/huggingface/end_tokens.h"

#include "core/base/json.h"

namespace trimtab::formats::huggingface {
namespace {

constexpr std::int64_t kLongestConfig = 4 << 20;

Result<std::vector<std::int64_t>> tokensOf(const Json& member, const std::string& file) {
    std::vector<std::int64_t> tokens;
    const Json list = member.is_array() ? member : Json::array({member});
    for (const Json& token : list) {
        if (!token.is_number_integer()) return fail(ErrorCode::Refused, "eos_token_id must be a token or a list of tokens", file);
        tokens.push_back(token.get<std::int64_t>());
    }
    return tokens;
}

}  // namespace

Result<std::vector<std::int64_t>> endTokens(const std::filesystem::path& folder) {
    for (const char* name : {"generation_config.json", "config.json"}) {
        std::error_code ignored;
        const auto file = folder / name;
        if (!std::filesystem::is_regular_file(file, ignored)) continue;
        TRIMTAB_TRY(const Json json, base::readJsonFile(file.string(), kLongestConfig));
        const Json* member = json.is_object() ? base::memberAt(json, "eos_token_id") : nullptr;
        if (member && !member->is_null()) return tokensOf(*member, name);
    }
    return std::vector<std::int64_t>{};
}

}  // namespace trimtab::formats::huggingface
