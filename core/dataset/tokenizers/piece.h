#pragma once
// The text on its way to ids: it is cut into pieces, each of which is still text, or already a token.
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/dataset/tokenizers/pattern.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {

struct Piece {
    std::string text;
    bool isAtStart = false;  // it begins where the whole text began: a space may be put before it
    std::int32_t id = -1;    // of an added token, which no later step cuts; else -1
};
using Pieces = std::vector<Piece>;

enum class Behavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };
/// "Removed", … as files write it.
Result<Behavior> behaviorNamed(const std::string& word, std::string_view field);

/// Cuts `piece` by spans that cover it and appends what is left, without empty pieces.
void cut(const Piece& piece, const std::vector<Span>& spans, Behavior behavior, Pieces& out);

/// Spans of single characters: each for which `matches` holds is a match of its own.
template <class Predicate>
std::vector<Span> spansOf(std::string_view text, Predicate matches) {
    std::vector<Span> spans;
    std::size_t from = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        if (!matches(nextCharacter(text, at))) continue;
        if (begin > from) spans.push_back({from, begin, false});
        spans.push_back({begin, at, true});
        from = at;
    }
    if (from < text.size()) spans.push_back({from, text.size(), false});
    return spans;
}

}  // namespace trimtab::dataset::tokenizers
