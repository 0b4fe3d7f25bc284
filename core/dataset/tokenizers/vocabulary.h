#pragma once
// Tokens and their ids. Ids may have gaps; no id stands for two tokens.
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/dataset/tokenizers/section.h"

namespace trimtab::dataset::tokenizers {

inline constexpr std::int64_t kMostTokens = 16 << 20;  // ids are below this, so a file of a few bytes can't ask for gigabytes
inline constexpr std::size_t kMostTokenBytes = 1024;   // of one token of a model whose search goes by the longest token

class Vocabulary {
public:
    Vocabulary() = default;
    Vocabulary(Vocabulary&&) = default;
    Vocabulary& operator=(Vocabulary&&) = default;

    /// From an object {"token": id, …}.
    static Result<Vocabulary> read(const Section& section, std::string_view key);
    /// Refused: an id out of range or taken, a token that stands twice.
    Status add(std::string_view token, std::int64_t id, std::string_view field);

    std::optional<std::int32_t> idOf(std::string_view token) const {
        const auto found = m_ids.find(token);
        return found == m_ids.end() ? std::nullopt : std::optional(found->second);
    }
    /// nullptr when no token has the id.
    const std::string* tokenOf(std::int32_t id) const {
        return id >= 0 && static_cast<std::size_t>(id) < m_tokens.size() ? m_tokens[static_cast<std::size_t>(id)] : nullptr;
    }
    std::size_t count() const { return m_ids.size(); }
    /// One above the highest id.
    std::int32_t end() const { return static_cast<std::int32_t>(m_tokens.size()); }
    std::vector<std::string_view> tokens() const;

private:
    std::deque<std::string> m_texts;  // stay where they are: the maps point at them
    std::unordered_map<std::string_view, std::int32_t> m_ids;
    std::vector<const std::string*> m_tokens;
};

/// The ids of "<0x00>" to "<0xFF>"; -1 where there is none.
std::vector<std::int32_t> byteTokens(const Vocabulary& vocabulary);

}  // namespace trimtab::dataset::tokenizers
