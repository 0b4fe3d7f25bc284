// Python's grammar of numbers in texts: white space around, a sign, single underscores between digits.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/dataset/chat/arithmetic.h"
#include "core/dataset/chat/text.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::chat {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// Takes digits off `text`; false where there are none, or an underscore is not between two.
bool takeDigits(std::string_view& text, std::string& digits) {
    if (text.empty() || !isDigit(text.front())) return false;
    while (!text.empty()) {
        if (text.front() == '_') {
            if (text.size() < 2 || !isDigit(text[1])) return false;
            text.remove_prefix(1);
        }
        if (!isDigit(text.front())) break;
        digits += text.front();
        text.remove_prefix(1);
    }
    return true;
}

bool takeSign(std::string_view& text) {
    if (text.empty() || (text.front() != '-' && text.front() != '+')) return false;
    const bool isNegative = text.front() == '-';
    text.remove_prefix(1);
    return isNegative;
}

/// Python reads the digits and white space of all scripts.
Status requireAscii(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const char32_t character = tokenizers::nextCharacter(text, at);
        if (character >= 0x80 && (tokenizers::isNumeric(character) || isSpace(character)))
            return refuse("reading a number from digits or spaces beyond ASCII is not supported");
    }
    return {};
}

std::optional<double> namedReal(std::string_view text, bool isNegative) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    const double sign = isNegative ? -1.0 : 1.0;
    if (lower == "inf" || lower == "infinity") return sign * std::numeric_limits<double>::infinity();
    if (lower == "nan") return std::numeric_limits<double>::quiet_NaN();
    return {};
}

/// digits [. digits] [e sign digits], at least one of the first two; without underscores. Empty where the text is anything else.
std::string plainReal(std::string_view text) {
    std::string plain;
    const bool hasWhole = takeDigits(text, plain);
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        plain += '.';
        if (!takeDigits(text, plain) && !hasWhole) return {};
    } else if (!hasWhole) {
        return {};
    }
    if (!text.empty() && (text.front() | 0x20) == 'e') {
        text.remove_prefix(1);
        plain += takeSign(text) ? "e-" : "e";
        if (!takeDigits(text, plain)) return {};
    }
    return text.empty() ? plain : std::string();
}

}  // namespace

Result<std::optional<std::int64_t>> wholeIn(std::string_view text) {
    TRIMTAB_REQUIRE(requireAscii(text));
    text = stripped(text, Side::Both);
    std::string digits = takeSign(text) ? "-" : "";
    if (!takeDigits(text, digits) || !text.empty()) return std::optional<std::int64_t>();
    std::int64_t whole = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), whole).ec != std::errc()) return refuse("a number is too large");
    return std::optional(whole);
}

Result<std::optional<double>> realIn(std::string_view text) {
    TRIMTAB_REQUIRE(requireAscii(text));
    text = stripped(text, Side::Both);
    const bool isNegative = takeSign(text);
    if (const auto named = namedReal(text, isNegative)) return named;
    const std::string plain = plainReal(text);
    if (plain.empty()) return std::optional<double>();
    double real = 0;
    if (std::from_chars(plain.data(), plain.data() + plain.size(), real).ec != std::errc())
        return refuse("a number is too large or too small");
    return std::optional(isNegative ? -real : real);
}

}  // namespace trimtab::dataset::chat
