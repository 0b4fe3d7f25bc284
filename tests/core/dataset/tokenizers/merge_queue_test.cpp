#include "core/dataset/tokenizers/merge_queue.h"

#include <gtest/gtest.h>

#include <map>

#include "core/base/random.h"
#include "core/dataset/tokenizers/merge_table.h"

namespace trimtab::dataset::tokenizers {
namespace {

std::vector<Symbol> symbolsOf(const std::vector<std::int32_t>& ids) {
    std::vector<Symbol> symbols;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const auto at = static_cast<std::int32_t>(i);
        symbols.push_back({ids[i], at - 1, i + 1 < ids.size() ? at + 1 : -1, static_cast<std::uint32_t>(i), 1});
    }
    return symbols;
}

std::vector<std::int32_t> idsOf(const std::vector<Symbol>& symbols) {
    std::vector<std::int32_t> ids;
    for (std::int32_t i = 0; i >= 0; i = symbols[static_cast<std::size_t>(i)].after) ids.push_back(symbols[static_cast<std::size_t>(i)].id);
    return ids;
}

std::size_t merge(std::vector<Symbol>& symbols, const MergeTable& table) {
    std::size_t asked = 0;
    mergeAll<std::uint32_t>(
        symbols,
        [&](const Symbol& left, const Symbol& right, Candidate<std::uint32_t>& candidate) {
            ++asked;
            const Merge found = table.of(left.id, right.id);
            candidate.priority = found.rank;
            candidate.into = found.into;
            return found.into >= 0;
        },
        true);
    return asked;
}

TEST(MergeQueue, AgreesWithMergingTheBestPairOneByOne) {
    base::Random random(8);
    for (int round = 0; round < 500; ++round) {
        std::map<std::pair<int, int>, Merge> merges;
        const std::uint64_t count = 1 + random.below(12);
        MergeTable table(count);
        for (std::uint32_t rank = 0; rank < count; ++rank) {
            const auto left = static_cast<int>(random.below(3 + rank)), right = static_cast<int>(random.below(3 + rank));
            merges[{left, right}] = {rank, static_cast<std::int32_t>(3 + rank)};
            table.put(left, right, merges[{left, right}]);
        }
        std::vector<std::int32_t> ids;
        for (std::uint64_t n = 1 + random.below(30); n > 0; --n) ids.push_back(static_cast<std::int32_t>(random.below(3)));
        auto symbols = symbolsOf(ids);
        merge(symbols, table);
        for (;;) {
            std::size_t best = ids.size();
            for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
                const auto found = merges.find({ids[i], ids[i + 1]});
                if (found == merges.end()) continue;
                if (best == ids.size() || found->second.rank < merges[{ids[best], ids[best + 1]}].rank) best = i;
            }
            if (best == ids.size()) break;
            ids[best] = merges[{ids[best], ids[best + 1]}].into;
            ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(best) + 1);
        }
        EXPECT_EQ(idsOf(symbols), ids);
    }
}

TEST(MergeQueue, AsksForAFewPairsASymbolHoweverLongTheWord) {
    MergeTable table(20);
    for (std::int32_t level = 0; level < 20; ++level) table.put(level, level, {static_cast<std::uint32_t>(level), level + 1});
    for (const std::size_t length : {1'000U, 64'000U, 1'000'000U}) {
        auto symbols = symbolsOf(std::vector<std::int32_t>(length, 0));
        EXPECT_LE(merge(symbols, table), 6 * length);
        EXPECT_LE(idsOf(symbols).size(), 40U);
    }
}

TEST(MergeTable, KeepsTheLaterOfEqualPairs) {
    MergeTable table(2);
    table.put(1, 2, {0, 5});
    table.put(1, 2, {1, 6});
    EXPECT_EQ(table.of(1, 2).into, 6);
    EXPECT_EQ(table.of(2, 1).into, -1);
}

}  // namespace
}  // namespace trimtab::dataset::tokenizers
