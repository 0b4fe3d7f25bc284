#include <fmt/format.h>

#include "core/base/file.h"
#include "core/dataset/chat/chat_template.h"
#include "core/formats/gguf/gguf.h"
#include "core/formats/model_file.h"

namespace trimtab::dataset::chat {
namespace {

using formats::gguf::Metadata;

constexpr std::int64_t kMostTemplateBytes = 1 << 20;
constexpr std::int64_t kMostConfigBytes = 64 << 20;
const std::string kKey = "tokenizer.chat_template";

using Tokens = std::map<std::string, Json>;

/// A token is its text, or an object that holds it as "content"; null is none.
Result<std::optional<std::string>> tokenOf(const Json& json, std::string_view name) {
    if (json.is_null()) return std::optional<std::string>();
    if (json.is_string()) return std::optional(json.get<std::string>());
    if (json.is_object()) {
        TRIMTAB_TRY(std::string content, base::stringAt(json, "content"));
        return std::optional(std::move(content));
    }
    return fail(ErrorCode::Refused, fmt::format("\"{}\" is neither a text nor an object with \"content\"", name));
}

Result<Tokens> tokensIn(const Json& config) {
    Tokens tokens;
    for (const char* name : {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"}) {
        const Json* member = base::memberAt(config, name);
        if (!member) continue;
        TRIMTAB_TRY(auto text, tokenOf(*member, name));
        if (text) tokens[name] = std::move(*text);
    }
    const Json* more = base::memberAt(config, "additional_special_tokens");
    if (!more || !more->is_array()) return tokens;
    for (const Json& one : *more) {
        TRIMTAB_TRY(auto text, tokenOf(one, "additional_special_tokens"));
        if (text) tokens["additional_special_tokens"].push_back(std::move(*text));
    }
    return tokens;
}

/// Empty where the configuration has none.
Result<std::string> templateIn(const Json& config) {
    const Json* member = base::memberAt(config, "chat_template");
    if (!member) return std::string();
    if (member->is_string()) return member->get<std::string>();
    if (!member->is_array()) return fail(ErrorCode::Refused, "\"chat_template\" is neither a text nor a list of templates");
    for (const Json& one : *member) {
        TRIMTAB_TRY(const std::string name, base::stringAt(one, "name"));
        if (name == "default") return base::stringAt(one, "template");
    }
    return fail(ErrorCode::Refused, "\"chat_template\" lists no template that is named \"default\"");
}

struct Found {
    std::string source;  // empty: none
    Tokens tokens;
};

Result<Found> inFolder(const std::filesystem::path& folder) {
    Found found;
    std::error_code ignored;
    if (const auto file = folder / "tokenizer_config.json"; std::filesystem::exists(file, ignored)) {
        TRIMTAB_TRY(const Json config, base::readJsonFile(file.string(), kMostConfigBytes));
        if (!config.is_object()) return fail(ErrorCode::Refused, "is no object", file.string());
        auto source = templateIn(config);
        if (!source) return fail(ErrorCode::Refused, source.error().message, file.string());
        auto tokens = tokensIn(config);
        if (!tokens) return fail(ErrorCode::Refused, tokens.error().message, file.string());
        found = {std::move(*source), std::move(*tokens)};
    }
    if (const auto file = folder / "chat_template.jinja"; std::filesystem::exists(file, ignored)) {
        TRIMTAB_TRY(found.source, base::readFile(file, kMostTemplateBytes));
    }
    return found;
}

Result<Found> inMetadata(const Metadata& metadata) {
    Found found;
    if (!metadata.has(kKey)) return found;
    TRIMTAB_TRY(found.source, metadata.text(kKey));
    if (!metadata.has("tokenizer.ggml.tokens")) return found;
    TRIMTAB_TRY(const auto texts, metadata.texts("tokenizer.ggml.tokens"));
    constexpr std::pair<const char*, const char*> kTokens[] = {
        {"bos", "bos"}, {"eos", "eos"}, {"unk", "unknown"}, {"sep", "separator"}, {"pad", "padding"}, {"cls", "cls"}, {"mask", "mask"}};
    for (const auto& [name, key] : kTokens) {
        const std::string full = fmt::format("tokenizer.ggml.{}_token_id", key);
        if (!metadata.has(full)) continue;
        TRIMTAB_TRY(const std::int64_t id, metadata.integer(full));
        if (id < 0 || id >= static_cast<std::int64_t>(texts.size()))
            return fail(ErrorCode::Refused, fmt::format("{} is {}, which is no token", full, id));
        found.tokens[fmt::format("{}_token", name)] = std::string(texts[static_cast<std::size_t>(id)]);
    }
    return found;
}

Result<Found> inGguf(const std::filesystem::path& file) {
    TRIMTAB_TRY(const auto content, formats::gguf::read(file));
    auto found = inMetadata(content.metadata);
    if (!found) return fail(found.error().code, found.error().message, file.string());
    return found;
}

}  // namespace

Result<ChatTemplate> openChatTemplate(const std::filesystem::path& model) {
    Found found;
    if (formats::gguf::isGguf(model)) {
        TRIMTAB_TRY(found, inGguf(model));
    }
    if (found.source.empty()) {
        TRIMTAB_TRY(found, inFolder(formats::folderOf(model)));
    }
    if (found.source.empty())
        return fail(ErrorCode::Refused,
                    fmt::format("has no chat template: neither tokenizer_config.json nor chat_template.jinja holds one, nor a GGUF file's "
                                "{}; give the prompt as the model is to read it, without --chat",
                                kKey),
                    model.string());
    return ChatTemplate::parse(found.source, std::move(found.tokens));
}

}  // namespace trimtab::dataset::chat
