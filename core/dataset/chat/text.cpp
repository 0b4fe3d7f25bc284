#include "core/dataset/chat/text.h"

#include <algorithm>
#include <utility>

#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::chat {
namespace {

using tokenizers::nextCharacter;

constexpr std::string_view kLineBreaks[] = {"\r\n", "\n",   "\r",   "\v",       "\f",           "\x1c",
                                            "\x1d", "\x1e", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};

/// Bytes of the white space at `at`; 0 where there is none.
std::size_t spaceAt(std::string_view text, std::size_t at) {
    std::size_t end = at;
    return at < text.size() && isSpace(nextCharacter(text, end)) ? end - at : 0;
}

std::size_t lineBreakAt(std::string_view text, std::size_t at) {
    for (const std::string_view lineBreak : kLineBreaks)
        if (text.substr(at).starts_with(lineBreak)) return lineBreak.size();
    return 0;
}

}  // namespace

bool isSpace(char32_t character) { return (character >= 0x1c && character <= 0x1f) || tokenizers::isWhitespace(character); }

std::vector<std::string_view> charactersOf(std::string_view text) {
    std::vector<std::string_view> characters;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        nextCharacter(text, at);
        characters.push_back(text.substr(begin, at - begin));
    }
    return characters;
}

std::int64_t lengthOfText(std::string_view text) {
    return std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; });
}

std::string_view stripped(std::string_view text, Side side, const std::optional<std::string>& characters) {
    const auto goes = [&](std::string_view character) {
        if (characters) return characters->find(character) != std::string::npos;
        std::size_t at = 0;
        return isSpace(nextCharacter(character, at));
    };
    while (side != Side::Right && !text.empty()) {
        std::size_t end = 0;
        nextCharacter(text, end);
        if (!goes(text.substr(0, end))) break;
        text.remove_prefix(end);
    }
    while (side != Side::Left && !text.empty()) {
        const std::size_t last = tokenizers::lastCharacter(text);
        if (!goes(text.substr(last))) break;
        text.remove_suffix(text.size() - last);
    }
    return text;
}

std::vector<std::string> splitAtSpace(std::string_view text, std::int64_t most) {
    std::vector<std::string> parts;
    text = stripped(text, Side::Left);
    while (!text.empty()) {
        if (most >= 0 && static_cast<std::int64_t>(parts.size()) == most) {
            parts.emplace_back(text);
            break;
        }
        std::size_t end = 0;
        for (std::size_t at = 0; at < text.size() && !spaceAt(text, at); end = at) nextCharacter(text, at);
        parts.emplace_back(text.substr(0, end));
        text = stripped(text.substr(end), Side::Left);
    }
    return parts;
}

std::vector<std::string> splitAt(std::string_view text, std::string_view separator, std::int64_t most) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (std::size_t found; (most < 0 || static_cast<std::int64_t>(parts.size()) < most) &&
                            (found = text.find(separator, begin)) != std::string_view::npos;
         begin = found + separator.size())
        parts.emplace_back(text.substr(begin, found - begin));
    parts.emplace_back(text.substr(begin));
    return parts;
}

std::vector<std::string> linesOf(std::string_view text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t width = lineBreakAt(text, at);
        if (width == 0) {
            ++at;
            continue;
        }
        lines.emplace_back(text.substr(begin, at - begin));
        begin = at += width;
    }
    if (begin < text.size()) lines.emplace_back(text.substr(begin));
    return lines;
}

std::int64_t occurrences(std::string_view text, std::string_view old, std::int64_t most) {
    std::int64_t count = 0;
    if (old.empty()) count = lengthOfText(text) + 1;
    else
        for (std::size_t at = 0; (at = text.find(old, at)) != std::string_view::npos; at += old.size()) ++count;
    return most < 0 ? count : std::min(count, most);
}

std::string replaced(std::string_view text, std::string_view old, std::string_view with, std::int64_t most) {
    std::string result;
    std::size_t at = 0;
    for (std::int64_t left = occurrences(text, old, most); left > 0; --left) {
        if (old.empty()) {
            result += with;
            const std::size_t begin = at;
            if (at < text.size()) nextCharacter(text, at);
            result += text.substr(begin, at - begin);
            continue;
        }
        const std::size_t found = text.find(old, at);
        result += text.substr(at, found - at);
        result += with;
        at = found + old.size();
    }
    return result += text.substr(at);
}

Taken taken(const Slice& slice, std::int64_t length) {
    const bool forward = slice.step > 0;
    const std::int64_t lowest = forward ? 0 : -1, highest = forward ? length : length - 1;
    const auto placed = [&](std::int64_t at) { return std::clamp(at < 0 ? at + length : at, lowest, highest); };
    const std::int64_t start = slice.start ? placed(*slice.start) : forward ? lowest : highest;
    const std::int64_t stop = slice.stop ? placed(*slice.stop) : forward ? highest : lowest;
    const auto distance = static_cast<std::uint64_t>(forward ? stop - start : start - stop);
    if (forward ? stop <= start : stop >= start) return {start, 0, slice.step};
    const std::uint64_t stride = forward ? static_cast<std::uint64_t>(slice.step) : ~static_cast<std::uint64_t>(slice.step) + 1;
    return {start, static_cast<std::int64_t>((distance - 1) / stride + 1), slice.step};
}

std::string sliced(std::string_view text, const Slice& slice) {
    const auto characters = charactersOf(text);
    const Taken range = taken(slice, static_cast<std::int64_t>(characters.size()));
    std::string result;
    for (std::int64_t i = 0; i < range.count; ++i) result += characters[static_cast<std::size_t>(range.first + i * range.step)];
    return result;
}

}  // namespace trimtab::dataset::chat
