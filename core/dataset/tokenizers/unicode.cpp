#include "core/dataset/tokenizers/unicode.h"

#include <algorithm>
#include <array>
#include <vector>

#include <utf8proc.h>

namespace trimtab::dataset::tokenizers {
namespace {

utf8proc_category_t category(char32_t character) { return utf8proc_category(static_cast<utf8proc_int32_t>(character)); }

// How many bytes at the start of `bytes` are a character, or could begin one; `whole` tells which.
std::size_t soundPart(std::string_view bytes, bool& whole) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned char lead = at(0);
    whole = lead < 0x80;
    if (whole) return 1;
    if (lead < 0xc2 || lead > 0xf4) return 0;
    const std::size_t length = lengthOf(bytes[0]);
    // The second byte's range excludes overlong forms, surrogates and what lies above U+10FFFF.
    const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    std::size_t count = 1;
    while (count < length && count < bytes.size()) {
        const unsigned char next = at(count);
        if (next < (count == 1 ? low : 0x80) || next > (count == 1 ? high : 0xbf)) break;
        ++count;
    }
    whole = count == length;
    return count;
}

}  // namespace

char32_t nextCharacter(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[at + i])); };
    const std::size_t length = std::min(lengthOf(text[at]), text.size() - at);
    char32_t character = byte(0);
    if (length > 1) {
        character &= 0x7fU >> length;
        for (std::size_t i = 1; i < length; ++i) character = (character << 6) | (byte(i) & 0x3f);
    }
    at += length;
    return character;
}

std::size_t lastCharacter(std::string_view text) {
    std::size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
    return at;
}

void append(std::string& text, char32_t character) {
    std::array<utf8proc_uint8_t, 4> bytes{};
    const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(character), bytes.data());
    text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

std::string repaired(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    while (!bytes.empty()) {
        bool whole = false;
        const std::size_t length = soundPart(bytes, whole);
        text += whole ? bytes.substr(0, length) : kReplacement;
        bytes.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return text;
}

std::size_t unfinishedTail(std::string_view bytes) {
    for (std::size_t length = 1; length <= std::min<std::size_t>(3, bytes.size()); ++length) {
        const std::string_view tail = bytes.substr(bytes.size() - length);
        if ((static_cast<unsigned char>(tail[0]) & 0xc0) == 0x80) continue;
        bool whole = false;
        return soundPart(tail, whole) == length && !whole ? length : 0;
    }
    return 0;
}

bool isWhitespace(char32_t c) {
    if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

bool isPunctuation(char32_t character) {
    const auto kind = category(character);
    return kind >= UTF8PROC_CATEGORY_PC && kind <= UTF8PROC_CATEGORY_PO;
}

bool isNumeric(char32_t character) {
    const auto kind = category(character);
    return kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO;
}

bool isMark(char32_t character) {
    const auto kind = category(character);
    return kind >= UTF8PROC_CATEGORY_MN && kind <= UTF8PROC_CATEGORY_ME;
}

bool isNonspacingMark(char32_t character) { return category(character) == UTF8PROC_CATEGORY_MN; }

bool isOther(char32_t character) {
    const auto kind = category(character);
    return kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CF || kind == UTF8PROC_CATEGORY_CO;
}

bool isWord(char32_t c) {
    const auto kind = category(c);
    if (kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_NL) return true;  // letters, marks, Nd, Nl
    if (kind == UTF8PROC_CATEGORY_PC || c == 0x200c || c == 0x200d) return true;
    // The symbols that are alphabetic: circled, squared and negative letters.
    return (c >= 0x24b6 && c <= 0x24e9) || (c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169) ||
           (c >= 0x1f170 && c <= 0x1f189);
}

bool isPrintable(char32_t character) {
    const auto kind = category(character);
    const bool isSeparator = kind == UTF8PROC_CATEGORY_ZS || kind == UTF8PROC_CATEGORY_ZL || kind == UTF8PROC_CATEGORY_ZP;
    return character == U' ' || !(isSeparator || isOther(character) || kind == UTF8PROC_CATEGORY_CN || kind == UTF8PROC_CATEGORY_CS);
}

char32_t upperCaseOf(char32_t c) { return static_cast<char32_t>(utf8proc_toupper(static_cast<utf8proc_int32_t>(c))); }
char32_t lowerCaseOf(char32_t c) { return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))); }
char32_t titleCaseOf(char32_t c) { return static_cast<char32_t>(utf8proc_totitle(static_cast<utf8proc_int32_t>(c))); }

std::string lowercased(std::string_view text) {
    std::string lower;
    lower.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const char32_t character = nextCharacter(text, at);
        if (character == 0x130) {  // the one letter whose lower case is two characters in every language
            lower += "i\xcc\x87";
            continue;
        }
        append(lower, lowerCaseOf(character));
    }
    return lower;
}

// The library puts marks in order by exchanging neighbours, which is quadratic in the length of a run; so runs are sorted here.
std::string normalized(std::string_view text, Form form) {
    const bool compatible = form == Form::Kc || form == Form::Kd;
    const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0));
    std::vector<utf8proc_int32_t> characters;
    characters.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        std::array<utf8proc_int32_t, 32> parts{};
        int boundary = 0;
        const auto count =
            utf8proc_decompose_char(static_cast<utf8proc_int32_t>(nextCharacter(text, at)), parts.data(), parts.size(), options, &boundary);
        if (count > 0) characters.insert(characters.end(), parts.begin(), parts.begin() + std::min<utf8proc_ssize_t>(count, parts.size()));
    }
    const auto order = [](utf8proc_int32_t character) { return utf8proc_get_property(character)->combining_class; };
    for (auto run = characters.begin(); run != characters.end();) {
        if (order(*run) == 0) {
            ++run;
            continue;
        }
        const auto end = std::find_if(run, characters.end(), [&](auto character) { return order(character) == 0; });
        std::stable_sort(run, end, [&](auto a, auto b) { return order(a) < order(b); });
        run = end;
    }
    auto length = static_cast<utf8proc_ssize_t>(characters.size());
    if (form == Form::C || form == Form::Kc)
        length = utf8proc_normalize_utf32(characters.data(), length, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    std::string result;
    result.reserve(text.size());
    for (utf8proc_ssize_t i = 0; i < length; ++i) append(result, static_cast<char32_t>(characters[static_cast<std::size_t>(i)]));
    return result;
}

std::size_t firstGrapheme(std::string_view text) {
    std::size_t at = 0;
    auto before = static_cast<utf8proc_int32_t>(nextCharacter(text, at));
    utf8proc_int32_t state = 0;
    while (at < text.size()) {
        std::size_t next = at;
        const auto character = static_cast<utf8proc_int32_t>(nextCharacter(text, next));
        if (utf8proc_grapheme_break_stateful(before, character, &state)) break;
        before = character;
        at = next;
    }
    return at;
}

}  // namespace trimtab::dataset::tokenizers
