#pragma once
// Tokens that are found in the text before it is cut: special ones, and those that were added after training. The leftmost match counts, of
// those the longest; a match may be confined to whole words and may take the spaces around it along.
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/dataset/tokenizers/byte_trie.h"
#include "core/dataset/tokenizers/normalizer.h"
#include "core/dataset/tokenizers/vocabulary.h"

namespace trimtab::dataset::tokenizers {

struct AddedToken {
    std::int32_t id = -1;
    std::string content;
    bool singleWord = false;
    bool stripsLeft = false;
    bool stripsRight = false;
    bool isNormalized = true;  // looked for in the normalised text, as itself normalised
    bool isSpecial = false;
    bool isSearched = true;  // written out in a text it is found; else only its id counts
};

class AddedTokens {
public:
    /// The list "added_tokens". A token that the model has keeps the model's id.
    static Result<AddedTokens> read(const Json& list, const Vocabulary& vocabulary, const Normalizer* normalizer);
    static Result<AddedTokens> of(std::vector<AddedToken> tokens, const Vocabulary& vocabulary, const Normalizer* normalizer);

    /// Cuts a piece at the tokens that are looked for before, or after, normalisation.
    void cut(const Piece& piece, bool afterNormalizing, Pieces& out) const;

    const std::vector<AddedToken>& all() const { return m_tokens; }
    const AddedToken* byId(std::int32_t id) const {
        const auto found = m_byId.find(id);
        return found == m_byId.end() ? nullptr : &m_tokens[found->second];
    }
    /// What the token is to the decoder: its content, normalised if it is looked for so. nullptr when no added token has the id.
    const std::string* decodedById(std::int32_t id) const {
        const auto found = m_byId.find(id);
        return found == m_byId.end() ? nullptr : &m_normalized[found->second];
    }

private:
    std::vector<AddedToken> m_tokens;
    std::vector<std::string> m_normalized;
    std::unordered_map<std::int32_t, std::size_t> m_byId;
    ByteTrie m_before;
    ByteTrie m_after;
};

}  // namespace trimtab::dataset::tokenizers
