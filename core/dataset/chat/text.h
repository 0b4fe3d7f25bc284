#pragma once
// Texts as Python's str has them: positions count characters, white space is what str.isspace() says. Every function wants valid UTF-8 and
// takes time linear in the text.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace trimtab::dataset::chat {

bool isSpace(char32_t character);
std::vector<std::string_view> charactersOf(std::string_view text);
std::int64_t lengthOfText(std::string_view text);

enum class Side { Left, Right, Both };
/// Without `characters`: white space.
std::string_view stripped(std::string_view text, Side side, const std::optional<std::string>& characters = {});
/// At white space, runs of which are one. `most` parts are cut off at the most, what is left is kept as it is; negative: all.
std::vector<std::string> splitAtSpace(std::string_view text, std::int64_t most);
/// REQUIRES: the separator is not empty.
std::vector<std::string> splitAt(std::string_view text, std::string_view separator, std::int64_t most);
/// As str.splitlines() cuts: at ten line breaks beside \n; an empty end is no line.
std::vector<std::string> linesOf(std::string_view text);
/// The first `most` of them; negative: all. An empty `old` lies before each character and at the end.
std::string replaced(std::string_view text, std::string_view old, std::string_view with, std::int64_t most);
/// How many times that would find `old`.
std::int64_t occurrences(std::string_view text, std::string_view old, std::int64_t most);

/// Refused, naming it: a character whose other case depends on its neighbours or is more than one character.
Result<std::string> uppercased(std::string_view text);
Result<std::string> lowercased(std::string_view text);
/// The first character in upper case, the others in lower.
Result<std::string> capitalized(std::string_view text);
/// Jinja's filter: a word begins behind white space and any of - ( { [ <
Result<std::string> titled(std::string_view text);
/// Python's method: a word begins behind what is no letter. Refused: characters beyond ASCII.
Result<std::string> titledByLetters(std::string_view text);

/// What `[start:stop:step]` takes of `length` elements (Python's slice.indices()). `step` is not 0.
struct Slice {
    std::optional<std::int64_t> start, stop;
    std::int64_t step = 1;
};
struct Taken {
    std::int64_t first = 0, count = 0, step = 1;
};
Taken taken(const Slice& slice, std::int64_t length);
std::string sliced(std::string_view text, const Slice& slice);

}  // namespace trimtab::dataset::chat
