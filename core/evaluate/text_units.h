#pragma once
// What texts are compared by: words, characters, and how often runs of them occur.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace trimtab::evaluate {

/// Words as NIST's mteval-v13a and WMT take them, the tokenization "13a" of sacreBLEU (Post 2018): entities read, ASCII punctuation apart
/// except that periods and commas between digits stay, a dash behind a digit apart. Text in UTF-8.
std::vector<std::string> words13a(std::string_view text);
/// Characters without white space.
std::u32string charactersOf(std::string_view text);
/// Without the white space at its ends.
std::string_view trimmed(std::string_view text);

/// How often each run of `length` neighbours occurs.
template <class Sequence>
std::map<Sequence, std::int64_t> runsOf(const Sequence& sequence, std::size_t length) {
    std::map<Sequence, std::int64_t> counts;
    for (std::size_t first = 0; first + length <= sequence.size(); ++first) {
        const auto begin = sequence.begin() + static_cast<std::ptrdiff_t>(first);
        ++counts[Sequence(begin, begin + static_cast<std::ptrdiff_t>(length))];
    }
    return counts;
}

}  // namespace trimtab::evaluate
