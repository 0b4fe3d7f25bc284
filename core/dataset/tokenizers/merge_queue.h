#pragma once
// Byte-pair encoding's merging (Sennrich et al. 2016) in n log n: the symbols of a word are a linked list, possible merges wait in a queue,
// the best first and the leftmost of equals; one that a former merge made impossible is passed over when its turn comes. Each merge removes
// a symbol and offers at most two new ones, so at most 3n entries are ever queued.
#include <cstdint>
#include <queue>
#include <vector>

namespace trimtab::dataset::tokenizers {

struct Symbol {
    std::int32_t id = -1;
    std::int32_t before = -1;
    std::int32_t after = -1;
    std::uint32_t begin = 0;   // of its text in the word
    std::uint32_t length = 0;  // 0: merged away
};

/// What two symbols could become.
template <class Priority>
struct Candidate {
    Priority priority;  // lower comes first
    std::int32_t left;
    std::int32_t into;     // id of what results
    std::uint32_t length;  // of the two together when this was offered
};

/// Merges until nothing merges. `offer(left, right, candidate)` fills priority and into and returns true if the two can merge.
/// `recheck` says whether a candidate is judged by what the two symbols are now (the reference's rule) or by their length then
/// (SentencePiece's).
template <class Priority, class Offer>
void mergeAll(std::vector<Symbol>& symbols, Offer offer, bool recheck) {
    using Entry = Candidate<Priority>;
    const auto later = [](const Entry& a, const Entry& b) { return a.priority != b.priority ? a.priority > b.priority : a.left > b.left; };
    std::vector<Entry> entries;
    const auto consider = [&](std::int32_t left, auto&& put) {
        if (left < 0) return;
        const Symbol& a = symbols[static_cast<std::size_t>(left)];
        if (a.after < 0) return;
        const Symbol& b = symbols[static_cast<std::size_t>(a.after)];
        Entry entry{{}, left, -1, a.length + b.length};
        if (offer(a, b, entry)) put(entry);
    };
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i)
        consider(static_cast<std::int32_t>(i), [&](const Entry& entry) { entries.push_back(entry); });
    std::priority_queue<Entry, std::vector<Entry>, decltype(later)> queue(later, std::move(entries));
    while (!queue.empty()) {
        const Entry top = queue.top();
        queue.pop();
        Symbol& left = symbols[static_cast<std::size_t>(top.left)];
        if (left.length == 0 || left.after < 0) continue;
        Symbol& right = symbols[static_cast<std::size_t>(left.after)];
        if (!recheck && left.length + right.length != top.length) continue;
        if (Entry now = top; recheck && (!offer(left, right, now) || now.into != top.into)) continue;
        left.id = top.into;
        left.length += right.length;
        right.length = 0;
        left.after = right.after;
        if (left.after >= 0) symbols[static_cast<std::size_t>(left.after)].before = top.left;
        consider(left.before, [&](const Entry& entry) { queue.push(entry); });
        consider(top.left, [&](const Entry& entry) { queue.push(entry); });
    }
}

}  // namespace trimtab::dataset::tokenizers
