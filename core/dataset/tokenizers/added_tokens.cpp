#include "core/dataset/tokenizers/added_tokens.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

bool endsWithWord(std::string_view text) {
    if (text.empty()) return false;
    std::size_t at = lastCharacter(text);
    return isWord(nextCharacter(text, at));
}
bool startsWithWord(std::string_view text) {
    std::size_t at = 0;
    return !text.empty() && isWord(nextCharacter(text, at));
}
// Where the spaces that end text[from, to) begin.
std::size_t spacesBefore(std::string_view text, std::size_t from, std::size_t to) {
    while (to > from) {
        const std::size_t last = lastCharacter(text.substr(0, to));
        std::size_t at = last;
        if (!isWhitespace(nextCharacter(text, at))) break;
        to = last;
    }
    return to;
}
std::size_t spacesAfter(std::string_view text, std::size_t at) {
    for (std::size_t next = at; at < text.size(); at = next)
        if (!isWhitespace(nextCharacter(text, next))) break;
    return at;
}

Result<AddedToken> readToken(const Section& section, const Vocabulary& vocabulary) {
    AddedToken token;
    TRIMTAB_TRY(token.content, section.text("content"));
    TRIMTAB_TRY(token.isSpecial, section.flag("special", false));
    TRIMTAB_TRY(token.singleWord, section.flag("single_word", false));
    TRIMTAB_TRY(token.stripsLeft, section.flag("lstrip", false));
    TRIMTAB_TRY(token.stripsRight, section.flag("rstrip", false));
    TRIMTAB_TRY(token.isNormalized, section.flag("normalized", !token.isSpecial));
    TRIMTAB_TRY(const std::int64_t id, section.whole("id"));
    if (id < 0 || id >= kMostTokens) return section.refuse(fmt::format("has an id that is not in 0 to {}", kMostTokens - 1));
    token.id = vocabulary.idOf(token.content).value_or(static_cast<std::int32_t>(id));
    return token;
}

}  // namespace

Result<AddedTokens> AddedTokens::read(const Json& list, const Vocabulary& vocabulary, const Normalizer* normalizer) {
    std::vector<AddedToken> tokens;
    if (list.is_null()) return AddedTokens();
    if (!list.is_array()) return fail(ErrorCode::Refused, "added_tokens must be a list");
    for (std::size_t i = 0; i < list.size(); ++i) {
        TRIMTAB_TRY(AddedToken token, readToken(Section(list[i], fmt::format("added_tokens[{}]", i)), vocabulary));
        if (!token.content.empty()) tokens.push_back(std::move(token));
    }
    return of(std::move(tokens), vocabulary, normalizer);
}

Result<AddedTokens> AddedTokens::of(std::vector<AddedToken> tokens, const Vocabulary& vocabulary, const Normalizer* normalizer) {
    AddedTokens added;
    added.m_tokens = std::move(tokens);
    added.m_normalized.reserve(added.m_tokens.size());
    std::vector<std::pair<std::string_view, std::int32_t>> before, after;
    for (std::size_t i = 0; i < added.m_tokens.size(); ++i) {
        const AddedToken& token = added.m_tokens[i];
        if (token.content.size() > kMostTokenBytes)
            return fail(ErrorCode::Refused, fmt::format("added_tokens: '{:.40}…' is longer than {} bytes", token.content, kMostTokenBytes));
        const std::string* owner = vocabulary.tokenOf(token.id);
        const auto [entry, isNew] = added.m_byId.try_emplace(token.id, i);
        const std::string& known = isNew ? (owner ? *owner : token.content) : added.m_tokens[entry->second].content;
        if (known != token.content)
            return fail(ErrorCode::Refused,
                        fmt::format("added_tokens: '{:.40}' and '{:.40}' have the id {}", known, token.content, token.id));
        entry->second = i;
        Piece piece{token.content};
        if (token.isNormalized && normalizer) TRIMTAB_REQUIRE(normalizer->apply(piece));
        added.m_normalized.push_back(std::move(piece.text));
        if (added.m_normalized.back().size() > kMostTokenBytes)
            return fail(ErrorCode::Refused, fmt::format("added_tokens: '{:.40}' is too long when normalised", token.content));
        if (token.isSearched) (token.isNormalized ? after : before).emplace_back(added.m_normalized.back(), static_cast<std::int32_t>(i));
    }
    added.m_before = ByteTrie(std::move(before));
    added.m_after = ByteTrie(std::move(after));
    return added;
}

void AddedTokens::cut(const Piece& piece, bool afterNormalizing, Pieces& out) const {
    const ByteTrie& trie = afterNormalizing ? m_after : m_before;
    const std::string_view text = piece.text;
    std::size_t covered = 0;
    const auto put = [&](std::size_t begin, std::size_t end, std::int32_t id) {
        out.push_back({piece.text.substr(begin, end - begin), piece.isAtStart && begin == 0, id});
    };
    for (std::size_t at = 0; at < text.size();) {
        const auto [length, index] = trie.longest(text.substr(at));
        if (length == 0) {
            ++at;
            continue;
        }
        const AddedToken& token = m_tokens[static_cast<std::size_t>(index)];
        std::size_t begin = at, end = at + length;
        at = end;
        if (token.singleWord && (endsWithWord(text.substr(0, begin)) || startsWithWord(text.substr(end)))) continue;
        if (token.stripsLeft) begin = spacesBefore(text, covered, begin);
        if (token.stripsRight) end = spacesAfter(text, end);
        if (begin < covered) continue;  // its start went to the token before, with the spaces there
        if (covered < begin) put(covered, begin, -1);
        put(begin, end, token.id);
        covered = end;
    }
    if (covered < text.size()) put(covered, text.size(), -1);
}

}  // namespace trimtab::dataset::tokenizers
