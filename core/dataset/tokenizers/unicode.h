#pragma once
// What the tokenizers need to know about Unicode: UTF-8 in and out, categories, case, the four normal forms. By utf8proc; every function
// takes time linear in the text (n log n where a long run of combining marks is put in order) and, but for repaired(), wants valid UTF-8.
#include <cstddef>
#include <string>
#include <string_view>

namespace trimtab::dataset::tokenizers {

inline constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
inline constexpr std::string_view kLowerBar = "\xe2\x96\x81";     // U+2581, which stands for a space in many vocabularies

/// Bytes of the character that starts with `lead`.
constexpr std::size_t lengthOf(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}
/// The character at `at`; moves `at` behind it, never beyond the end, whatever the bytes are. REQUIRES: at < text.size().
char32_t nextCharacter(std::string_view text, std::size_t& at);
/// Where the last character of `text` begins. REQUIRES: not empty.
std::size_t lastCharacter(std::string_view text);
void append(std::string& text, char32_t character);

/// Valid UTF-8: every maximal part that is none becomes U+FFFD (Unicode 15, section 3.9, "substitution of maximal subparts").
std::string repaired(std::string_view bytes);
/// Length of the end of `bytes` that further bytes could make a character of; 0 to 3.
std::size_t unfinishedTail(std::string_view bytes);

bool isWhitespace(char32_t character);      // White_Space
bool isPunctuation(char32_t character);     // P*
bool isNumeric(char32_t character);         // N*
bool isMark(char32_t character);            // M*
bool isNonspacingMark(char32_t character);  // Mn
bool isOther(char32_t character);           // Cc, Cf, Co
bool isWord(char32_t character);            // what \w matches: letters, marks, decimal digits, connectors, joiners

/// Whether Python's repr() shows it as it is: a space, or what is no separator, no control and assigned.
bool isPrintable(char32_t character);

std::string lowercased(std::string_view text);
/// Of one character, where that is one.
char32_t upperCaseOf(char32_t character);
char32_t lowerCaseOf(char32_t character);
char32_t titleCaseOf(char32_t character);

enum class Form { C, D, Kc, Kd };
std::string normalized(std::string_view text, Form form);

/// Length of the grapheme cluster at the start of `text`. REQUIRES: not empty.
std::size_t firstGrapheme(std::string_view text);

}  // namespace trimtab::dataset::tokenizers
