#pragma once
// A trie over byte strings: which of a set of keys begin a text. The children of a node lie side by side, in order of their bytes; built
// level by level, so that depth costs no recursion.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace trimtab::dataset::tokenizers {

class ByteTrie {
public:
    /// Keys with their values (≥ 0). Of equal keys the last counts; empty ones are left out.
    explicit ByteTrie(std::vector<std::pair<std::string_view, std::int32_t>> keys = {});

    /// Calls visit(length, value) for every key that begins `text`, shortest first.
    template <class Visit>
    void prefixes(std::string_view text, Visit visit) const {
        std::uint32_t node = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            node = child(node, static_cast<unsigned char>(text[i]));
            if (node == 0) return;
            if (m_values[node] >= 0) visit(i + 1, m_values[node]);
        }
    }
    /// Length and value of the longest key that begins `text`; length 0: none.
    std::pair<std::size_t, std::int32_t> longest(std::string_view text) const {
        std::pair<std::size_t, std::int32_t> best{0, -1};
        prefixes(text, [&](std::size_t length, std::int32_t value) { best = {length, value}; });
        return best;
    }

private:
    std::uint32_t child(std::uint32_t node, unsigned char byte) const;
    std::vector<std::uint32_t> m_first;  // of each node's children; they end where the next node's begin
    std::vector<unsigned char> m_bytes;  // on the way into each node
    std::vector<std::int32_t> m_values;
    std::array<std::uint32_t, 256> m_roots{};
};

}  // namespace trimtab::dataset::tokenizers
