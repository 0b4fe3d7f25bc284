// Upper and lower case. Unicode has characters whose other case is several (SpecialCasing.txt) or depends on the word around: those are
// refused, all others have one.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "core/dataset/chat/text.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::chat {
namespace {

using tokenizers::nextCharacter;

using CaseOf = char32_t (*)(char32_t);
struct Range {
    char32_t first, last;
};
constexpr Range kManyInUpperCase[] = {{0xdf, 0xdf},     {0x149, 0x149},   {0x1f0, 0x1f0},   {0x390, 0x390},   {0x3b0, 0x3b0},
                                      {0x587, 0x587},   {0x1e96, 0x1e9a}, {0x1f50, 0x1f56}, {0x1f80, 0x1faf}, {0x1fb2, 0x1fb7},
                                      {0x1fbc, 0x1fbc}, {0x1fc2, 0x1fc7}, {0x1fcc, 0x1fcc}, {0x1fd2, 0x1fd7}, {0x1fe2, 0x1fe7},
                                      {0x1ff2, 0x1ff7}, {0x1ffc, 0x1ffc}, {0xfb00, 0xfb06}, {0xfb13, 0xfb17}};
constexpr Range kSpecialInLowerCase[] = {{0x130, 0x130}, {0x3a3, 0x3a3}};

Result<std::string> mapped(std::string_view text, std::span<const Range> special, CaseOf map, const char* what) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t character = nextCharacter(text, at);
        if (std::ranges::any_of(special, [&](const Range& range) { return character >= range.first && character <= range.last; }))
            return fail(ErrorCode::Refused,
                        fmt::format("the {} case of U+{:04X} is not supported", what, static_cast<unsigned>(character)));
        tokenizers::append(result, map(character));
    }
    return result;
}

/// The first character by `first`, the others in lower case.
Result<std::string> begun(std::string_view text, CaseOf first) {
    if (text.empty()) return std::string();
    std::size_t end = 0;
    nextCharacter(text, end);
    TRIMTAB_TRY(std::string result, mapped(text.substr(0, end), kManyInUpperCase, first, "upper"));
    TRIMTAB_TRY(const std::string rest, lowercased(text.substr(end)));
    return result + rest;
}

bool beginsWord(char32_t before) { return isSpace(before) || std::u32string_view(U"-({[<").find(before) != std::u32string_view::npos; }

}  // namespace

Result<std::string> uppercased(std::string_view text) { return mapped(text, kManyInUpperCase, tokenizers::upperCaseOf, "upper"); }

Result<std::string> lowercased(std::string_view text) { return mapped(text, kSpecialInLowerCase, tokenizers::lowerCaseOf, "lower"); }

Result<std::string> capitalized(std::string_view text) { return begun(text, tokenizers::titleCaseOf); }

Result<std::string> titled(std::string_view text) {
    std::string result;
    std::size_t begin = 0;
    bool inWord = false;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t here = at;
        const bool ends = here == text.size();
        const bool isBreak = !ends && beginsWord(nextCharacter(text, at));
        if (ends || isBreak == inWord) {
            TRIMTAB_TRY(const std::string part, begun(text.substr(begin, here - begin), tokenizers::upperCaseOf));
            result += part;
            begin = here;
            inWord = !isBreak;
        }
        if (ends) break;
    }
    return result;
}

Result<std::string> titledByLetters(std::string_view text) {
    std::string result;
    bool inWord = false;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80) return fail(ErrorCode::Refused, "title() of characters beyond ASCII is not supported");
        const unsigned char lower = byte | 0x20;
        const bool isLetter = lower >= 'a' && lower <= 'z';
        result += static_cast<char>(!isLetter ? byte : inWord ? lower : lower & ~0x20);
        inWord = isLetter;
    }
    return result;
}

}  // namespace trimtab::dataset::chat
