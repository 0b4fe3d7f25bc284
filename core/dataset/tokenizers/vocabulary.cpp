#include "core/dataset/tokenizers/vocabulary.h"

#include <fmt/format.h>

namespace trimtab::dataset::tokenizers {

Result<Vocabulary> Vocabulary::read(const Section& section, std::string_view key) {
    const Json* object = base::memberAt(section.json(), key);
    if (!object || !object->is_object()) return fail(ErrorCode::Refused, section.under(key) + " must be an object of tokens and their ids");
    Vocabulary vocabulary;
    vocabulary.m_ids.reserve(object->size());
    for (const auto& [token, id] : object->items()) {
        if (!id.is_number_integer())
            return fail(ErrorCode::Refused, fmt::format("{}: the id of '{:.40}' must be a whole number", section.under(key), token));
        const bool isHuge = id.is_number_unsigned() && id.get<std::uint64_t>() > static_cast<std::uint64_t>(kMostTokens);
        TRIMTAB_REQUIRE(vocabulary.add(token, isHuge ? kMostTokens : id.get<std::int64_t>(), section.under(key)));
    }
    return vocabulary;
}

Status Vocabulary::add(std::string_view token, std::int64_t id, std::string_view field) {
    if (id < 0 || id >= kMostTokens)
        return fail(ErrorCode::Refused, fmt::format("{}: the id of '{:.40}' is not in 0 to {}", field, token, kMostTokens - 1));
    const auto index = static_cast<std::size_t>(id);
    if (index >= m_tokens.size()) m_tokens.resize(index + 1, nullptr);
    if (m_tokens[index])
        return fail(ErrorCode::Refused, fmt::format("{}: '{:.40}' and '{:.40}' have the id {}", field, *m_tokens[index], token, id));
    if (m_ids.contains(token)) return fail(ErrorCode::Refused, fmt::format("{}: '{:.40}' stands twice", field, token));
    m_texts.emplace_back(token);
    m_tokens[index] = &m_texts.back();
    m_ids.emplace(m_texts.back(), static_cast<std::int32_t>(id));
    return {};
}

std::vector<std::string_view> Vocabulary::tokens() const {
    std::vector<std::string_view> list;
    list.reserve(m_texts.size());
    for (const std::string& token : m_texts) list.emplace_back(token);
    return list;
}

std::vector<std::int32_t> byteTokens(const Vocabulary& vocabulary) {
    std::vector<std::int32_t> ids(256, -1);
    for (std::size_t byte = 0; byte < ids.size(); ++byte)
        if (const auto id = vocabulary.idOf(fmt::format("<0x{:02X}>", byte))) ids[byte] = *id;
    return ids;
}

}  // namespace trimtab::dataset::tokenizers
