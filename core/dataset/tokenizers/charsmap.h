#pragma once
// SentencePiece's compiled normalisation: a double-array trie (as Darts-clone lays it out) from byte strings to replacements. The blob is
// [u32 bytes of the trie][the trie's units, u32 each][the replacements, each ended by a zero byte], little endian.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace trimtab::dataset::tokenizers {

struct Replacement {
    std::size_t length = 0;  // bytes replaced
    std::string_view by;
};

class Charsmap {
public:
    static Result<Charsmap> parse(std::string_view blob, std::string_view field);

    bool empty() const { return m_units.empty(); }
    /// The shortest, or the longest, prefix of `text` that has a replacement.
    std::optional<Replacement> shortest(std::string_view text) const { return find(text, false); }
    std::optional<Replacement> longest(std::string_view text) const { return find(text, true); }

private:
    std::optional<Replacement> find(std::string_view text, bool longest) const;
    std::vector<std::uint32_t> m_units;
    std::string m_texts;
};

/// Bytes of a Base64 text; nullopt when it is none.
std::optional<std::string> fromBase64(std::string_view text);

}  // namespace trimtab::dataset::tokenizers
