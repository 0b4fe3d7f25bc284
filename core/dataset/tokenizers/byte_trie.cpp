#include "core/dataset/tokenizers/byte_trie.h"

#include <algorithm>

namespace trimtab::dataset::tokenizers {

ByteTrie::ByteTrie(std::vector<std::pair<std::string_view, std::int32_t>> keys) {
    std::stable_sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    struct Range {
        std::size_t begin, end, depth;  // the keys below a node, and the node's depth
    };
    std::vector<Range> nodes{{0, keys.size(), 0}};
    m_bytes.push_back(0);
    m_values.push_back(-1);
    for (std::size_t node = 0; node < nodes.size(); ++node) {
        auto [begin, end, depth] = nodes[node];
        m_first.push_back(static_cast<std::uint32_t>(nodes.size()));
        for (; begin < end && keys[begin].first.size() == depth; ++begin)
            if (depth > 0) m_values[node] = keys[begin].second;
        while (begin < end) {
            const char byte = keys[begin].first[depth];
            std::size_t next = begin;
            while (next < end && keys[next].first[depth] == byte) ++next;
            if (node == 0) m_roots[static_cast<unsigned char>(byte)] = static_cast<std::uint32_t>(nodes.size());
            nodes.push_back({begin, next, depth + 1});
            m_bytes.push_back(static_cast<unsigned char>(byte));
            m_values.push_back(-1);
            begin = next;
        }
    }
    m_first.push_back(static_cast<std::uint32_t>(nodes.size()));
}

std::uint32_t ByteTrie::child(std::uint32_t node, unsigned char byte) const {
    if (node == 0) return m_roots[byte];
    const auto begin = m_bytes.begin() + m_first[node], end = m_bytes.begin() + m_first[node + 1];
    const auto found = std::lower_bound(begin, end, byte);
    return found != end && *found == byte ? static_cast<std::uint32_t>(found - m_bytes.begin()) : 0;
}

}  // namespace trimtab::dataset::tokenizers
