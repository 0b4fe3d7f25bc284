#include "core/dataset/tokenizers/lattice.h"

#include <algorithm>

#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {

template <class Sum>
std::vector<Segment> bestCut(std::string_view text, const ByteTrie& pieces, const std::vector<double>& scores, double unknownScore) {
    struct Node {
        Sum score = 0;
        std::int32_t id = -1;
        std::int64_t from = -1;  // -1: not reached
    };
    std::vector<Node> best(text.size() + 1);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t character = lengthOf(text[at]);
        const double here = best[at].score;
        bool isCovered = false;
        const auto offer = [&](std::size_t length, std::int32_t id, double sum) {
            Node& target = best[at + length];
            if (target.from < 0 || sum > target.score) target = {static_cast<Sum>(sum), id, static_cast<std::int64_t>(at)};
        };
        pieces.prefixes(text.substr(at), [&](std::size_t length, std::int32_t id) {
            offer(length, id, here + scores[static_cast<std::size_t>(id)]);
            isCovered = isCovered || length == character;
        });
        if (!isCovered) offer(character, -1, static_cast<Sum>(here + unknownScore));
        at += character;
    }
    std::vector<Segment> segments;
    for (std::size_t end = text.size(); end > 0;) {
        const auto begin = static_cast<std::size_t>(best[end].from);
        segments.push_back({begin, end, best[end].id});
        end = begin;
    }
    std::reverse(segments.begin(), segments.end());
    return segments;
}

template std::vector<Segment> bestCut<double>(std::string_view, const ByteTrie&, const std::vector<double>&, double);
template std::vector<Segment> bestCut<float>(std::string_view, const ByteTrie&, const std::vector<double>&, double);

}  // namespace trimtab::dataset::tokenizers
