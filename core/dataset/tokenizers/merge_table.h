#pragma once
// Which two neighbouring tokens become which third, and how early: a hash table with open addressing, at most half full.
#include <bit>
#include <cstdint>
#include <vector>

namespace trimtab::dataset::tokenizers {

struct Merge {
    std::uint32_t rank = 0;
    std::int32_t into = -1;  // -1: the two do not merge
};

class MergeTable {
public:
    explicit MergeTable(std::size_t count = 0) : m_slots(std::bit_ceil(2 * count + 2)) {}

    /// A later entry for the same two replaces the earlier one. REQUIRES: at most `count` entries in all.
    void put(std::int32_t left, std::int32_t right, Merge merge) {
        Slot& slot = m_slots[find(keyOf(left, right))];
        slot.key = keyOf(left, right);
        slot.merge = merge;
    }
    Merge of(std::int32_t left, std::int32_t right) const { return m_slots[find(keyOf(left, right))].merge; }

private:
    static constexpr std::uint64_t kFree = ~std::uint64_t{0};
    struct Slot {
        std::uint64_t key = kFree;
        Merge merge;
    };
    static std::uint64_t keyOf(std::int32_t left, std::int32_t right) {
        return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32) | static_cast<std::uint32_t>(right);
    }
    std::size_t find(std::uint64_t key) const {
        const std::size_t mask = m_slots.size() - 1;
        std::uint64_t hash = (key ^ (key >> 29)) * 0xbf58476d1ce4e5b9ULL;
        std::size_t at = static_cast<std::size_t>(hash ^ (hash >> 32)) & mask;
        while (m_slots[at].key != key && m_slots[at].key != kFree) at = (at + 1) & mask;
        return at;
    }
    std::vector<Slot> m_slots;
};

}  // namespace trimtab::dataset::tokenizers
