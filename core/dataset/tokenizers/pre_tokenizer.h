#pragma once
// How a text is cut into the words that the model then turns into tokens. One class a kind; files chain them.
#include <memory>
#include <string>

#include "core/dataset/tokenizers/piece.h"
#include "core/dataset/tokenizers/section.h"

namespace trimtab::dataset::tokenizers {

class PreTokenizer {
public:
    virtual ~PreTokenizer() = default;
    /// Cuts one piece of text (no token) and appends the parts.
    virtual Status apply(Piece piece, Pieces& out) const = 0;
};
using PreTokenizerPtr = std::unique_ptr<const PreTokenizer>;

/// The section "pre_tokenizer"; null gives none.
Result<PreTokenizerPtr> readPreTokenizer(const Json& json, const std::string& field);
/// The kinds that cut by the class of characters; nullptr: not one of these.
Result<PreTokenizerPtr> readClassPreTokenizer(const Section& section, const std::string& type);

enum class PrependScheme { First, Always, Never };
/// "prepend_scheme", or what the older "add_prefix_space" says.
Result<PrependScheme> readPrependScheme(const Section& section);

}  // namespace trimtab::dataset::tokenizers
