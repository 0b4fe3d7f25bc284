#include "core/evaluate/text_units.h"

#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::evaluate {
namespace {

using dataset::tokenizers::nextCharacter;

/// Also the separators of ASCII, which count as white space where texts are usually scored.
bool isSpace(char32_t character) {
    return dataset::tokenizers::isWhitespace(character) || (character >= 0x1c && character <= 0x1f);
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) text.replace(at, what.size(), by);
    return text;
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isPoint(char c) { return c == '.' || c == ','; }
/// ASCII punctuation and symbols, without ' , - . which the rules below look at or leave.
bool isApart(char c) {
    const bool isSymbol = (c >= ' ' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
    return isSymbol && c != '\'' && c != '-' && !isPoint(c);
}

std::string withSymbolsApart(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (isApart(c)) made += {' ', c, ' '};
        else made += c;
    }
    return made;
}

/// Neighbours (a, b) that `matches` become `write(a, b)`; pairs do not overlap, as the scoring script's substitutions do not.
template <class Matches, class Write>
std::string withPairs(std::string_view text, Matches matches, Write write) {
    std::string made;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (at + 1 == text.size() || !matches(text[at], text[at + 1])) {
            made += text[at];
            continue;
        }
        made += write(text[at], text[at + 1]);
        ++at;
    }
    return made;
}

std::vector<std::string> splitAtSpace(std::string_view text) {
    std::vector<std::string> words(1);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        if (!isSpace(nextCharacter(text, at))) words.back() += text.substr(begin, at - begin);
        else if (!words.back().empty()) words.emplace_back();
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    while (!text.empty()) {
        std::size_t at = 0;
        if (!isSpace(nextCharacter(text, at))) break;
        text.remove_prefix(at);
    }
    while (!text.empty()) {
        const std::size_t begin = dataset::tokenizers::lastCharacter(text);
        std::size_t at = begin;
        if (!isSpace(nextCharacter(text, at))) break;
        text = text.substr(0, begin);
    }
    return text;
}

std::vector<std::string> words13a(std::string_view text) {
    std::string line(trimmed(text));
    constexpr std::pair<std::string_view, std::string_view> kReplacements[] = {
        {"<skipped>", ""}, {"-\n", ""}, {"\n", " "}, {"&quot;", "\""}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}};
    for (const auto& [what, by] : kReplacements) line = replaced(std::move(line), what, by);
    line = withSymbolsApart(" " + line + " ");
    line = withPairs(
        line, [](char a, char b) { return !isDigit(a) && isPoint(b); },
        [](char a, char b) {
            return std::string{a, ' ', b, ' '};
        });
    line = withPairs(
        line, [](char a, char b) { return isPoint(a) && !isDigit(b); },
        [](char a, char b) {
            return std::string{' ', a, ' ', b};
        });
    line = withPairs(
        line, [](char a, char b) { return isDigit(a) && b == '-'; },
        [](char a, char b) {
            return std::string{a, ' ', b, ' '};
        });
    return splitAtSpace(line);
}

std::u32string charactersOf(std::string_view text) {
    std::u32string characters;
    for (std::size_t at = 0; at < text.size();)
        if (const char32_t character = nextCharacter(text, at); !isSpace(character)) characters += character;
    return characters;
}

}  // namespace trimtab::evaluate
