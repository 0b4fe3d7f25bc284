#pragma once
// The most probable way to cut a text into pieces with scores (Kudo 2018), by Viterbi's algorithm from left to right: best[i] is the best
// way to reach byte i. A character that no single piece covers may be unknown, at a price. n times the longest piece at most.
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/dataset/tokenizers/byte_trie.h"

namespace trimtab::dataset::tokenizers {

struct Segment {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::int32_t id = -1;  // -1: an unknown character
};

/// `scores` by id; `unknownScore` is the price of an unknown character. Of equal ways the one found first is kept, which ends with the
/// longest piece. Sums are kept as Sum: the reference keeps doubles. SentencePiece keeps floats, but holds a new sum against the kept one
/// before it is rounded.
template <class Sum>
std::vector<Segment> bestCut(std::string_view text, const ByteTrie& pieces, const std::vector<double>& scores, double unknownScore);

extern template std::vector<Segment> bestCut<double>(std::string_view, const ByteTrie&, const std::vector<double>&, double);
extern template std::vector<Segment> bestCut<float>(std::string_view, const ByteTrie&, const std::vector<double>&, double);

}  // namespace trimtab::dataset::tokenizers
