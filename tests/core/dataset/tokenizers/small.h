#pragma once
// Small tokenizers for tests, and text that tokenizers stumble over.
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/random.h"
#include "core/dataset/tokenizers/tokenizer.h"

namespace trimtab::dataset::tokenizers {

/// A document with every section null, and `parts` in the place of some.
Json document(const Json& parts);
/// A word-level model that knows nothing: what a piece of text is, is seen by its unknown tokens; for documents whose model does not
/// matter.
Json anyModel();
/// A byte-level BPE: every byte of the byte alphabet, and `merges` ("a b") in their order.
Json bytePairs(const std::vector<std::string>& merges);
/// The tokenizer of a document. Fails the test where it is refused.
Tokenizer tokenizerOf(const Json& parts);
/// Why a document is refused; empty when it is not.
std::string refusalOf(const Json& parts);

/// The text of each token that `text` becomes, without special tokens around.
std::vector<std::string> tokensOf(const Tokenizer& tokenizer, const std::string& text);
/// The pieces that a pre-tokenizer cuts `text` into.
std::vector<std::string> piecesOf(const Json& preTokenizer, const std::string& text);
/// `text` after a normalizer.
std::string normalizedBy(const Json& normalizer, const std::string& text);

/// Marks, emoji, mixed scripts, long runs of spaces; and, where asked for, bytes that are no UTF-8.
std::string awkward(base::Random& random, bool invalid);

}  // namespace trimtab::dataset::tokenizers
