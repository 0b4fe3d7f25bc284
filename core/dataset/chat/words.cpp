#include "core/dataset/chat/words.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::chat {
namespace {

constexpr std::string_view kOperators[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]",
                                           "(",  ")",  "{",  "}",  ">",  "<",  "=", ".", ":", "|", ",", ";"};

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool beginsName(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
char at(std::string_view source, std::size_t place) { return place < source.size() ? source[place] : '\0'; }

/// Behind the digits that begin at `begin`, single underscores among them.
std::size_t digitsEnd(std::string_view source, std::size_t begin) {
    while (isDigit(at(source, begin)) || (at(source, begin) == '_' && isDigit(at(source, begin + 1)))) ++begin;
    return begin;
}

/// Behind the fraction and the exponent, where there is one; else `whole`.
std::size_t realEnd(std::string_view source, std::size_t whole) {
    std::size_t end = whole;
    if (at(source, end) == '.' && isDigit(at(source, end + 1))) end = digitsEnd(source, end + 1);
    if ((at(source, end) | 0x20) != 'e') return end;
    const std::size_t sign = at(source, end + 1) == '+' || at(source, end + 1) == '-' ? 1 : 0;
    return isDigit(at(source, end + 1 + sign)) ? digitsEnd(source, end + 1 + sign) : end;
}

Result<Token> number(std::string_view source, std::size_t& place, int line) {
    const std::size_t begin = place;
    std::size_t end = digitsEnd(source, begin);
    const std::size_t real = begin > 0 && source[begin - 1] == '.' ? end : realEnd(source, end);
    Token token{real > end ? Token::Kind::Real : Token::Kind::Whole, {}, line};
    if (token.kind == Token::Kind::Real) {
        end = real;
    } else if (source[begin] == '0') {
        if (std::string_view("xob").find(static_cast<char>(at(source, begin + 1) | 0x20)) != std::string_view::npos)
            return refuseAt(line, "numbers in other bases than ten are not supported");
        if (source.substr(begin, end - begin).find_first_of("123456789") != std::string_view::npos)
            return refuseAt(line, "a whole number begins with 0");
    }
    token.text = source.substr(begin, end - begin);
    std::erase(token.text, '_');
    place = end;
    return token;
}

/// The digits of an escape, of base 8 or 16.
Result<char32_t> escapedCode(std::string_view digits, std::size_t wanted, int base, int line) {
    unsigned code = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
    if (digits.size() != wanted || read.ec != std::errc() || read.ptr != digits.data() + digits.size())
        return refuseAt(line, "an escape in a text has too few digits");
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return refuseAt(line, fmt::format("the escape U+{:04X} is no character", code));
    return static_cast<char32_t>(code);
}

/// The escape behind a backslash, as Python's unicode_escape reads it; an unknown one is itself.
Status unescape(std::string_view body, std::size_t& place, std::string& out, int line) {
    constexpr std::string_view kNames = "\\'\"abfnrtv", kMeant = "\\'\"\a\b\f\n\r\t\v";
    const char kind = body[place];
    if (const std::size_t known = kNames.find(kind); known != std::string_view::npos) {
        out += kMeant[known];
        ++place;
    } else if (kind == 'x' || kind == 'u' || kind == 'U') {
        const std::size_t count = kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
        TRIMTAB_TRY(const char32_t code, escapedCode(body.substr(place + 1, count), count, 16, line));
        tokenizers::append(out, code);
        place += 1 + count;
    } else if (kind >= '0' && kind <= '7') {
        std::size_t count = 1;
        while (count < 3 && at(body, place + count) >= '0' && at(body, place + count) <= '7') ++count;
        TRIMTAB_TRY(const char32_t code, escapedCode(body.substr(place, count), count, 8, line));
        tokenizers::append(out, code);
        place += count;
    } else if (kind == 'N') {
        return refuseAt(line, "characters by their names (\\N) are not supported");
    } else if (kind == '\n') {
        ++place;
    } else {
        out += '\\';
    }
    return {};
}

Result<Token> text(std::string_view source, std::size_t& place, int line) {
    const char quote = source[place];
    std::size_t end = place + 1;
    while (end < source.size() && source[end] != quote) end += source[end] == '\\' ? 2 : 1;
    if (end >= source.size()) return refuseAt(line, "a text has no end");
    const std::string_view body = source.substr(place + 1, end - place - 1);
    Token token{Token::Kind::Text, {}, line};
    for (std::size_t i = 0; i < body.size();) {
        if (body[i] == '\\') TRIMTAB_REQUIRE(unescape(body, ++i, token.text, line));
        else token.text += body[i++];
    }
    place = end + 1;
    return token;
}

}  // namespace

Result<Token> wordAt(std::string_view source, std::size_t& place, int line) {
    const char first = source[place];
    if (isDigit(first)) return number(source, place, line);
    if (first == '"' || first == '\'') return text(source, place, line);
    if (beginsName(first)) {
        const std::size_t begin = place;
        while (beginsName(at(source, place)) || isDigit(at(source, place))) ++place;
        return Token{Token::Kind::Name, std::string(source.substr(begin, place - begin)), line};
    }
    for (const std::string_view known : kOperators) {
        if (!source.substr(place).starts_with(known)) continue;
        place += known.size();
        return Token{Token::Kind::Operator, std::string(known), line};
    }
    std::size_t end = place;
    tokenizers::nextCharacter(source, end);
    const auto lead = static_cast<unsigned char>(first);
    if (lead < 0x20 || lead == 0x7f) return refuseAt(line, "unexpected control character");
    return refuseAt(line, fmt::format("unexpected character '{}'", source.substr(place, end - place)));
}

}  // namespace trimtab::dataset::chat
